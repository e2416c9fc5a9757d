import { describe, expect, test } from 'vitest';
import { chooseImageToRestore, findUnacceptedLatest } from '../../../src/builds/gated-build.ts';
import { type HeadState, headState } from '../../../src/builds/reconcile.ts';
import type { BuildRecord, Outcome } from '../../../src/port/build-record.ts';
import { thisProcess } from '../../../src/proc-stat.ts';

const HEAD = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const GONE = { pid: 999_999_999, pidStart: '1' };

/** A record of a build that ended at the given second, unless it is running. */
function build(commit: string, outcome: Outcome, second: number, more: Partial<BuildRecord> = {}): BuildRecord {
  const finished = outcome === 'running' ? null : `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
  return { commit, outcome, finished, number: second, gate: null, landed: null, ...more } as BuildRecord;
}

/** The same, with that turn. */
const at = (turn: number, record: BuildRecord): BuildRecord => ({ ...record, turn });
const stray = (second: number) => at(second, strayOf(second));
const strayOf = (second: number) => build(OTHER, 'built', second, { gate: GONE, landed: false });

describe('the head of a branch', () => {
  test.each<[string, BuildRecord[], HeadState]>([
    ['has no record', [], 'build'],
    ['was built', [build(HEAD, 'built', 1)], 'done'],
    ['was built before a replay of another commit', [build(OTHER, 'built', 2), build(HEAD, 'built', 1)], 'done'],
    ['failed', [build(HEAD, 'failed', 1)], 'done'],
    ['was lost', [build(HEAD, 'lost', 1)], 'build'],
    ['is being built', [build(HEAD, 'running', 1)], 'running'],
    ['was only superseded', [build(HEAD, 'superseded', 1)], 'build'],
    ['was built before a push that the gate rejected', [build(OTHER, 'failed', 2), build(HEAD, 'built', 1)], 'done'],
    ['was built before the gate lost a push', [build(OTHER, 'lost', 2), build(HEAD, 'built', 1)], 'done'],
  ])('that %s', (_, records, state) => {
    expect(headState(HEAD, records)).toBe(state);
  });

  test.each<[string, BuildRecord[], HeadState]>([
    ['was built before it', [stray(2), build(HEAD, 'built', 1)], 'build'],
    ['was built after it, under an earlier number', [stray(1), build(HEAD, 'built', 2)], 'done'],
    ['has failed since', [build(HEAD, 'failed', 3), stray(2), build(HEAD, 'built', 1)], 'done'],
    ['has been lost since', [build(HEAD, 'lost', 3), stray(2), build(HEAD, 'built', 1)], 'build'],
    ['is being built since', [build(HEAD, 'running', 3), stray(2), build(HEAD, 'built', 1)], 'running'],
    ['was built after it, according to a slow clock', [stray(9), at(10, build(HEAD, 'built', 1))], 'done'],
    ['was built before it, according to a fast clock', [at(1, build(HEAD, 'built', 59)), at(2, stray(9))], 'build'],
  ])('that %s, while latest is a build whose push was rejected', (_, records, state) => {
    const unaccepted = records.find(({ landed }) => landed === false);
    expect(headState(HEAD, records, unaccepted)).toBe(state);
  });
});

const broken = (outcome: Outcome, second: number) =>
  build(OTHER, outcome, second, { gate: GONE, landed: false, pushing: true });

describe('latest in the warehouse', () => {
  test.each<[string, BuildRecord[], { number: number; pending: boolean } | undefined]>([
    ['is nothing', [], undefined],
    ['was built without the gate', [build(OTHER, 'built', 1)], undefined],
    ['is the head', [build(HEAD, 'built', 1, { gate: GONE, landed: false })], undefined],
    ['has landed, and the head has moved on', [build(OTHER, 'built', 1, { gate: GONE, landed: true })], undefined],
    ['was let through, and its git has exited', [stray(1)], { number: 1, pending: false }],
    ['was let through, before another build', [build(HEAD, 'built', 2), stray(1)], undefined],
    ['was let through last, whatever its number', [build(HEAD, 'built', 1), stray(2)], { number: 2, pending: false }],
    ['failed in the gate', [build(OTHER, 'failed', 1, { gate: GONE, landed: false })], undefined],
    [
      'was being pushed when it was cancelled',
      [broken('cancelled', 2), build(HEAD, 'built', 1)],
      { number: 2, pending: false },
    ],
    ['was being pushed when it was lost', [broken('lost', 2), build(HEAD, 'built', 1)], { number: 2, pending: false }],
    ['is being pushed', [broken('running', 2), build(HEAD, 'built', 1)], undefined],
    ['has been restored since', [at(3, build(HEAD, 'built', 3)), at(2, broken('lost', 2))], undefined],
    ['has a time in the future', [at(2, build(HEAD, 'built', 1)), at(1, stray(59))], undefined],
  ])('%s', async (_, records, wanted) => {
    const found = await findUnacceptedLatest(HEAD, records);
    expect(found && { number: found.build.number, pending: found.pending }).toEqual(wanted);
  });

  test('was let through, and git is about to move the branch', async () => {
    const record = build(OTHER, 'built', 1, { gate: await thisProcess(), landed: false });
    expect(await findUnacceptedLatest(HEAD, [record])).toEqual({ build: record, pending: true });
  });

  test('has a record from before the gate existed', async () => {
    const { gate: _, landed: __, ...old } = build(OTHER, 'built', 1);
    expect(await findUnacceptedLatest(HEAD, [old as BuildRecord])).toBeUndefined();
  });
});

test('the image to restore is the last one that is not stray, of whichever commit', () => {
  const image = { image: 'w/app', digest: 'sha256:1' };
  const before = at(2, build('c'.repeat(40), 'built', 1, { ...image, why: 'rollback' }));
  const records = [at(3, { ...stray(3), ...image }), before, at(1, build(HEAD, 'built', 2, image))];
  expect(chooseImageToRestore(HEAD, records)).toBe(before);
  expect(chooseImageToRestore(HEAD, [at(3, { ...stray(3), ...image })])).toBeUndefined();
});
