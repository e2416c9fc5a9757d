import { describe, expect, test } from 'vitest';
import {
  type BuildEnd,
  endFromError,
  endFromExitCode,
  isExitCode,
  runsAfterBuild,
  SupersededError,
} from '../../../src/builds/outcome.ts';
import { Trouble } from '../../../src/errors.ts';
import { EXIT, type ExitCode } from '../../../src/exit-codes.ts';
import type { BuildRecord, Outcome } from '../../../src/port/build-record.ts';
import { thisProcess } from '../../../src/proc-stat.ts';

describe('an exit code of the runner', () => {
  test.each<[ExitCode, Outcome]>([
    [0, 'built'],
    [1, 'failed'],
    [2, 'refused'],
    [3, 'refused'],
    [4, 'lost'],
    [5, 'lost'],
    [70, 'lost'],
    [130, 'cancelled'],
  ])('of %d means %s, and so does a Trouble on port with that code', (exitCode, outcome) => {
    expect(isExitCode(exitCode)).toBe(true);
    expect(endFromExitCode(exitCode, 'why')).toEqual({ outcome, exitCode, error: 'why' });
    expect(endFromError(new Trouble('code', exitCode, 'why'))).toEqual({ outcome, exitCode, error: 'why' });
  });

  test.each([-1, 6, 69, 127, 137, 255, Number.NaN])('of %d has no meaning', (code) => {
    expect(isExitCode(code)).toBe(false);
  });

  test('has a meaning if it is in the table', () => {
    expect(Object.values(EXIT).every(isExitCode)).toBe(true);
  });
});

describe('an error thrown on port', () => {
  const bug = { outcome: 'lost', exitCode: EXIT.bug } as const;

  test.each<[string, unknown, BuildEnd]>([
    [
      'a superseded commit, which is neither good nor bad',
      new SupersededError('main moved on'),
      { outcome: 'superseded', exitCode: null, error: 'main moved on' },
    ],
    ['a bug', new TypeError('x is not a function'), { ...bug, error: 'a bug in doskara: x is not a function' }],
    ['something that is no Error', 'oops', { ...bug, error: 'a bug in doskara: oops' }],
    ['nothing', undefined, { ...bug, error: 'a bug in doskara: undefined' }],
  ])('may be %s', (_, thrown, end) => {
    expect(endFromError(thrown)).toEqual(end);
  });
});

describe('doskara.afterBuild runs', () => {
  const dead = { pid: 1, pidStart: 'gone' };
  test.each<[string, Partial<BuildRecord>, string | undefined, boolean]>([
    ['after a build', {}, 'deploy', true],
    ['behind the gate', { ...dead, gate: { pid: 0, pidStart: '' }, landed: true }, 'deploy', true],
    ['not if it is not set', {}, undefined, false],
    ['not once it has ended', { afterBuild: { exitCode: 0, seconds: 1 } }, 'deploy', false],
    ['not once the log is complete', { logComplete: true }, 'deploy', false],
    ['not if its process died', dead, 'deploy', false],
    ['not before git has moved the branch', { gate: dead, landed: false }, 'deploy', false],
    ['not during a build', { outcome: 'running' }, 'deploy', false],
  ])('%s', async (_, more, afterBuild, runs) => {
    const self = await thisProcess();
    const built = { ...self, outcome: 'built', gate: null, landed: null, afterBuild: null, logComplete: false };
    const record = { ...built, ...more, gate: more.gate?.pid === 0 ? self : (more.gate ?? null) } as BuildRecord;
    expect(await runsAfterBuild(record, { afterBuild })).toBe(runs);
  });
});
