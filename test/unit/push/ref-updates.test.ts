import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/exit-codes.ts';
import { parseRefUpdates, type RefUpdate } from '../../../src/push/hook-input.ts';
import { troubleOf } from '../trouble.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const NONE = '0'.repeat(40);
const MAIN = 'refs/heads/main';

describe("a hook's standard input", () => {
  test.each<[string, string, RefUpdate[]]>([
    ['an update', `${A} ${B} ${MAIN}\n`, [{ old: A, new: B, ref: MAIN }]],
    ['a new ref', `${NONE} ${B} ${MAIN}\n`, [{ old: undefined, new: B, ref: MAIN }]],
    ['a deleted ref', `${A} ${NONE} ${MAIN}\n`, [{ old: A, new: undefined, ref: MAIN }]],
    ['no final line feed', `${A} ${B} ${MAIN}`, [{ old: A, new: B, ref: MAIN }]],
    ['nothing', '', []],
    [
      'several refs, in their order',
      `${A} ${B} refs/tags/v1\n${A} ${B} ${MAIN}\n`,
      [
        { old: A, new: B, ref: 'refs/tags/v1' },
        { old: A, new: B, ref: MAIN },
      ],
    ],
    [
      'SHA-256 ids',
      `${'0'.repeat(64)} ${'c'.repeat(64)} ${MAIN}\n`,
      [{ old: undefined, new: 'c'.repeat(64), ref: MAIN }],
    ],
    ['a ref of any letters', `${A} ${B} refs/heads/grüße/日本\n`, [{ old: A, new: B, ref: 'refs/heads/grüße/日本' }]],
    // git accepts such a ref, and it must not keep the rest of the push from being built
    [
      'a ref with a line separator',
      `${A} ${B} refs/heads/a\u2028b\n`,
      [{ old: A, new: B, ref: 'refs/heads/a\u2028b' }],
    ],
    [
      'an id that only begins with zeros',
      `${'0'.repeat(39)}1 ${B} ${MAIN}`,
      [{ old: `${'0'.repeat(39)}1`, new: B, ref: MAIN }],
    ],
  ])('can have %s', (_, stdin, updates) => {
    expect(parseRefUpdates(stdin)).toEqual(updates);
  });

  test.each([
    ['text from someone who runs the hook by hand', 'hello'],
    ['a ref outside refs/', `${A} ${B} main`],
    ['a short id', `${A} ${B.slice(1)} ${MAIN}`],
    ['an id of another length', `${A}a ${B} ${MAIN}`],
    ['uppercase letters in an id', `${A} ${B.toUpperCase()} ${MAIN}`],
    ['two spaces', `${A}  ${B} ${MAIN}`],
    ['no ref', `${A} ${B} `],
    ['a path out of the repository', `${A} ${B} refs/heads/../../../../../dev/zero`],
    ['a ref whose name git rejects', `${A} ${B} refs/heads/a/.b`],
    ['a good line and a bad one', `${A} ${B} ${MAIN}\noops\n`],
  ])('never has %s', (_, stdin) => {
    const trouble = troubleOf(() => parseRefUpdates(stdin));
    expect(trouble).toMatchObject({ code: 'bad-ref-update', exitCode: EXIT.usage });
    expect(trouble.message).toMatch(/ is not a ref update$/);
  });
});
