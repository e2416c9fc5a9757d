import { expect, test } from 'vitest';
import { findLast } from '../../../src/builds/prune-records.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';

/** `v1+` was built for the tag v1, `v1!` failed, `v1~` was superseded; newest first. */
const records = (...texts: string[]) =>
  texts.map((text, i) => {
    const outcome = { '+': 'built', '!': 'failed', '~': 'superseded' }[text.at(-1) ?? ''];
    return { number: texts.length - i, tag: text.slice(0, -1), outcome, why: 'push' } as BuildRecord;
  });

test.each<[string, string[], number[]]>([
  ['of one branch, none', ['latest!', 'latest+'], []],
  ['of several, the last one of each', ['latest+', 'v1+', 'latest+', 'v1+'], [4, 3]],
  ['those with an image, too', ['latest+', 'v1!', 'v1!', 'v1+', 'v1+'], [5, 4, 2]],
  ['none that was superseded', ['latest+', 'v1~', 'v1!'], [3, 1]],
])('pruning keeps %s', (_, texts, numbers) => {
  expect([...new Set(findLast(records(...texts)).map(({ number }) => number))]).toEqual(numbers);
});
