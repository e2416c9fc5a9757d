import { expect, test } from 'vitest';
import { formatHint } from '../../../src/errors.ts';
import type { AfterBuildEnd } from '../../../src/port/build-record.ts';
import { failedDeploy, type Status, statusLines } from '../../../src/port/messages/status.ts';

const AT = '2026-01-02T03:04:05.000Z';

const statusAfter = (afterBuild: AfterBuildEnd | null): Status => ({
  ...{
    app: 'shop',
    branch: 'main',
    tag: 'latest',
    branches: [],
    head: null,
    running: [],
    lastFailure: null,
    promoted: [],
    builds: 3,
  },
  live: {
    ...{ commit: 'a'.repeat(40), subject: 'Open', number: 3, who: 'bob', why: 'push', since: AT },
    ...{ image: 'r/shop', digest: 'sha256:1', rollbackTo: null, afterBuild },
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
