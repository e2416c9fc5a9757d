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
