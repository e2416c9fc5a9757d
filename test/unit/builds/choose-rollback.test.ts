import { expect, test } from 'vitest';
import { chooseRollback, goesForward } from '../../../src/builds/choose-rollback.ts';
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

test.each<[string, string[], string | number | undefined, number | undefined]>([
  ['to the build before', ['A', 'B'], undefined, 1],
  ['over builds that failed', ['A', 'B', 'C!', 'D!'], undefined, 1],
  ['over builds of the same commit', ['A', 'B', 'B'], undefined, 1],
  ['one further the second time', ['A', 'B', 'C', 'B<'], undefined, 1],
  ['from what was pushed since', ['A', 'B', 'A<', 'C'], undefined, 3],
  ['nowhere from the first build', ['A'], undefined, undefined],
  ['nowhere after a rollback to the first one', ['A', 'B', 'A<'], undefined, undefined],
  ['nowhere without builds', ['A!'], undefined, undefined],
  ['to a commit that is named, its newest image', ['A', 'A', 'B'], 'A', 2],
  ['to a newer one that is named', ['A', 'B', 'A<'], 'B', 2],
  ['to none that has no image', ['A', 'B!'], 'B', undefined],
  ['to a build that is named by its number', ['A', 'A', 'B'], 1, 1],
  ['to no build without an image', ['A', 'B!', 'C'], 2, undefined],
  ['to no build that is not there', ['A', 'B'], 9, undefined],
])('a rollback goes %s', (_, builds, commit, number) => {
  expect(chooseRollback(history(...builds), commit)?.to.number).toBe(number);
});

test('the heading says what it goes back from', () => {
  expect(chooseRollback(history('A', 'B', 'C!'), undefined)?.from?.number).toBe(2);
});

test.each<[string, string[], string | number | undefined, boolean]>([
  ['back', ['A', 'B'], undefined, false],
  ['forward, when it undoes a rollback', ['A', 'B', 'A<'], 2, true],
  ['forward from a rollback to a rollback that undid one', ['A', 'B', 'A<', 'B<', 'A<'], 4, true],
  ['back from a replay of an older commit', ['A', 'B', 'A'], undefined, false],
  ['neither way to the image that is the latest', ['A', 'B'], 2, false],
])('a rollback goes %s', (_, builds, target, forward) => {
  const records = history(...builds);
  const chosen = chooseRollback(records, target);
  expect(chosen && goesForward(chosen, records)).toBe(forward);
});
