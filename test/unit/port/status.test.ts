import { expect, test } from 'vitest';
import { formatHint } from '../../../src/errors.ts';
import type { AfterBuildEnd, BuildRecord } from '../../../src/port/build-record.ts';
import { failedDeploy, type Status, statusLines } from '../../../src/port/messages/status.ts';

const AT = '2026-01-02T03:04:05.000Z';

const statusAfter = (afterBuild: AfterBuildEnd | null): Status => ({
  ...{ app: 'shop', branch: 'main', tag: 'latest', branches: [], promoted: [] },
  ...{ deployed: null, head: null, running: [], lastFailure: null },
  builds: 3,
  live: {
    ...{ commit: 'a'.repeat(40), subject: 'Open', number: 3, who: 'bob', why: 'push', pushedBy: 'bob', since: AT },
    ...{ image: 'r/shop', digest: 'sha256:1', rollbackTo: null, afterBuild, afterBuildRuns: false },
  },
});

test('the status has a line for each other branch and each tag that an admin gave', () => {
  const [commit, subject] = ['b'.repeat(40), 'Fix'];
  const status: Status = {
    ...statusAfter(null),
    branches: [
      { branch: 'release/1', tag: 'release-1', live: { commit, subject, number: 4, since: AT }, error: null },
      { branch: 'v2', tag: 'v2', live: null, error: null },
      { branch: 'v/2', tag: null, live: null, error: 'v/2 would have the image tag v-2' },
    ],
    promoted: [{ tag: 'production', commit, subject, number: 5, who: 'bob', since: AT, digest: 'sha256:1' }],
  };
  expect(statusLines(status, Date.parse(AT)).slice(-4)).toEqual([
    'branch   release/1 (release-1): bbbbbbbbbbbb Fix (build 4, 0 s ago)',
    'branch   v2: nothing yet',
    'branch   v/2 would have the image tag v-2',
    'tag      production: bbbbbbbbbbbb Fix (build 5, by bob 0 s ago)',
  ]);
});

test.each<[string, AfterBuildEnd | null, string[], string | undefined]>([
  ['none', null, [], undefined],
  ['a good one', { exitCode: 0, seconds: 1 }, [], undefined],
  [
    'one that failed',
    { exitCode: 3, seconds: 1 },
    ['         but afterBuild failed (exit code 3)'],
    'doskara logs shop 3',
  ],
  ['one that was killed', { exitCode: null, seconds: 1 }, ['         but afterBuild failed'], 'doskara logs shop 3'],
])('the status of what is live, with an afterBuild: %s', (_, afterBuild, lines, log) => {
  const status = statusAfter(afterBuild);
  expect(statusLines(status, Date.parse(AT)).slice(1, -3)).toEqual([
    '         build 3, pushed by bob 0 s ago (2026-01-02 03:04 UTC)',
    ...lines,
  ]);
  const next = failedDeploy(status);
  expect(next && formatHint(next)).toBe(log && `its log: ${log}`);
});

test('the status tells what is deployed while the deploy of what is live runs, or if it failed', () => {
  const { live, ...rest } = statusAfter(null);
  const deploying = live && { ...live, afterBuildRuns: true };
  const linesOf = (commit: string) =>
    statusLines({ ...rest, live: deploying, deployed: { commit, subject: 'Plan it' } }, Date.parse(AT) + 21_000);
  const lines = linesOf('b'.repeat(40));
  expect(lines[2]).toBe('         afterBuild runs for 21 s');
  expect(lines.at(-2)).toBe('deployed bbbbbbbbbbbb Plan it');
  expect(linesOf('a'.repeat(40)).join()).not.toContain('deployed');
});

test('the status of what reconcile has built tells who pushed it', () => {
  const { live, ...rest } = statusAfter(null);
  const again = live && { ...live, who: 'reconcile', why: 'reconcile' as const, pushedBy: 'alice' };
  expect(statusLines({ ...rest, live: again }, Date.parse(AT)).slice(1, 3)).toEqual([
    '         build 3, built again by reconcile 0 s ago (2026-01-02 03:04 UTC)',
    '         pushed by alice',
  ]);
});

test.each<[number, string | undefined]>([
  [2, undefined],
  [4, 'failure  build 4 failed 0 s ago: bbbbbbbbbbbb Break it'],
])('with build 3 live, the status tells of the failure of build %d: %s', (number, line) => {
  const failed = { number, outcome: 'failed', commit: 'b'.repeat(40), subject: 'Break it', finished: AT, error: null };
  const status = { ...statusAfter(null), lastFailure: failed as BuildRecord };
  expect(statusLines(status, Date.parse(AT)).find((each) => each.startsWith('failure'))).toBe(line);
});
