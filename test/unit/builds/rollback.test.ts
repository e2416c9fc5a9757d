import { expect, test } from 'vitest';
import { chooseRollback } from '../../../src/builds/rollback.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';

/** `A` was built, `A!` failed, `A<` is a rollback to A. Oldest first; a commit's digest is its name. */
function history(...builds: string[]): BuildRecord[] {
  return builds
    .map((text, i) => {
      const [commit = ''] = text;
      const built = !text.endsWith('!');
      const image = built ? { image: 'r/x', digest: `sha256:${commit}` } : { image: null, digest: null };
      const why = text.endsWith('<') ? 'rollback' : 'push';
      return { number: i + 1, commit, outcome: built ? 'built' : 'failed', why, ...image } as BuildRecord;
    })
    .reverse();
}

test.each<[string, string[], string | undefined, number | undefined]>([
  ['to the previous build', ['A', 'B'], undefined, 1],
  ['past builds that failed', ['A', 'B', 'C!', 'D!'], undefined, 1],
  ['past builds of the same commit', ['A', 'B', 'B'], undefined, 1],
  ['one further the second time', ['A', 'B', 'C', 'B<'], undefined, 1],
  ['from what was pushed since', ['A', 'B', 'A<', 'C'], undefined, 3],
  ['nowhere from the first build', ['A'], undefined, undefined],
  ['nowhere after a rollback to the first one', ['A', 'B', 'A<'], undefined, undefined],
  ['nowhere without builds', ['A!'], undefined, undefined],
  ['to the newest image of a given commit', ['A', 'A', 'B'], 'A', 2],
  ['to a given newer commit', ['A', 'B', 'A<'], 'B', 2],
  ['to no commit without an image', ['A', 'B!'], 'B', undefined],
])('a rollback goes %s', (_, builds, commit, number) => {
  expect(chooseRollback(history(...builds), commit)?.to.number).toBe(number);
});

test('the heading says what it goes back from', () => {
  expect(chooseRollback(history('A', 'B', 'C!'), undefined)?.from?.number).toBe(2);
});
