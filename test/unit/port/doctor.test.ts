import { describe, expect, test } from 'vitest';
import { type Diagnosis, reportLines } from '../../../src/commands/doctor-report.ts';
import { checkClock } from '../../../src/doctor/factory.ts';
import { checkIdentity } from '../../../src/doctor/identity.ts';
import { checkDisk, checkMaxStartups, checkTimer, type Timer } from '../../../src/doctor/machine.ts';
import { checkGit, checkNode, checkRunner, parseRunnerVersion } from '../../../src/doctor/versions.ts';
import { type Finding, ok } from '../../../src/finding.ts';

const GB = 1024 ** 3;
const timer = (facts: Partial<Timer>): Timer => ({
  systemd: false,
  timer: 'missing',
  cronFile: false,
  cronRuns: false,
  ...facts,
});
const clock = (time: string) => checkClock({ ...ok('clock', 'it says something'), time }, 1_000_000_000);
const clockAt = (seconds: number) => clock(new Date(seconds * 1000).toISOString());

const startups = (value: string) =>
  checkMaxStartups(`port 22\nmaxstartups ${value}\npersourcemaxstartups none\n`) ?? expect.fail('it says nothing');
const PUT_FIRST = 'put first in /etc/ssh/sshd_config.d/doskara.conf: MaxStartups 200:30:400; then: systemctl';

test('doctor reports the errors of all places before the first warning', () => {
  const found = (where: string, level: Finding['level'], text: string) =>
    ({ where, level, text, subject: '', app: null, hint: null }) as Diagnosis;
  expect(
    reportLines([
      found('port', 'warning', 'its head was lost'),
      found('port', 'error', 'no hook'),
      found('factory b', 'ok', 'ssh'),
      found('factory b', 'error', 'no Docker'),
    ]),
  ).toEqual([
    ...['-----> port', 'error: no hook', '-----> factory b', 'error: no Docker'],
    ...['-----> port', 'warning: its head was lost', '-----> factory b', 'ok: ssh'],
  ]);
});

test('doctor does not report an sshd without a login limit', () => {
  expect(checkMaxStartups('port 22\n')).toBeUndefined();
});

describe("doctor's finding on", () => {
  test.each<[string, Finding, Finding['level'], string, string?]>([
    ['the oldest supported node', checkNode('22.18.0'), 'ok', 'node 22.18.0'],
    ['a newer node', checkNode('100.0.0'), 'ok', 'node 100.0.0'],
    ['an older node', checkNode('22.9.1'), 'error', 'node 22.9.1 is too old: Doskara needs 22.18', './install.sh port'],
    ['the oldest supported git', checkGit('git version 2.39.0\n'), 'ok', 'git 2.39.0'],
    ['a git with a suffix in its version', checkGit('git version 2.50.1 (Apple Git-155)'), 'ok', 'git 2.50.1'],
    ['git 3', checkGit('git version 3.0'), 'ok', 'git 3.0'],
    ['an older git', checkGit('git version 2.4.12'), 'error', 'git 2.4.12 is too old: Doskara needs 2.39', 'apt-get'],
    ['no git', checkGit(undefined), 'error', 'cannot run git', 'apt-get install git'],
    ['a runner of the same version', checkRunner('0.1.0', '0.1.0', 'a@b:22'), 'ok', 'runner 0.1.0, the same'],
    [
      'a runner of the same version and commit',
      checkRunner(`0.1.0 (${'a'.repeat(40)})`, `0.1.0 (${'a'.repeat(40)})`, 'a@b:22'),
      'ok',
      'runner 0.1.0, the same as port',
    ],
    [
      'a runner of another commit',
      checkRunner(`0.1.0 (${'a'.repeat(40)})`, `0.1.0 (${'b'.repeat(40)})`, 'a@b:22'),
      'warning',
      "the runner's version is 0.1.0 (aaaaaaaaaaaa",
      'from the same clone or release as port: ./install.sh factory',
    ],
    [
      'an older runner',
      checkRunner('0.9.0', '0.10.0', 'a@b:22'),
      'warning',
      "version is 0.9.0, port's is 0.10.0",
      './install.sh factory',
    ],
    [
      'a newer runner',
      checkRunner('1.0.0', '0.9.9', 'a@b:22'),
      'warning',
      "version is 1.0.0, port's is 0.9.9",
      'port --factory a@b:22',
    ],
    ["systemd's timer", checkTimer(timer({ systemd: true, timer: 'active' })), 'ok', 'timer: systemd'],
    [
      'a timer that is not active',
      checkTimer(timer({ systemd: true, timer: 'inactive' })),
      'warning',
      'the timer',
      'systemctl',
    ],
    ['cron', checkTimer(timer({ cronFile: true, cronRuns: true })), 'ok', 'timer: cron'],
    [
      'cron that is not started',
      checkTimer(timer({ cronFile: true })),
      'warning',
      'cron is not running',
      'service cron',
    ],
    [
      'cron as well as systemd',
      checkTimer(timer({ systemd: true, cronFile: true, cronRuns: true })),
      'ok',
      'timer: cron',
    ],
    ['cron without our file', checkTimer(timer({ cronRuns: true })), 'warning', 'no timer', './install.sh port'],
    ['a large disk', checkDisk('/srv/git', 5 * GB), 'ok', 'disk: 5.0 GB free at /srv/git'],
    ['a small disk', checkDisk('/srv/git', GB - 1), 'warning', 'disk: 1024 MB free', 'du -xh --max-depth=1 /srv/git'],
    ['a full disk', checkDisk('/srv/git', 4096), 'error', 'disk: 4.0 KB free', 'du -xh --max-depth=1 /srv/git'],
    ["sshd's own limit of logins", startups('10:30:100'), 'warning', 'when more than 10 pushers log in', PUT_FIRST],
    ['a limit of logins below ours', startups('99:30:400'), 'warning', 'when more than 99 pushers log in', PUT_FIRST],
    ['our limit of logins', startups('200:30:400'), 'ok', 'sshd accepts 200 logins at the same time'],
    ['one number as the limit', startups('100:30:100'), 'ok', 'sshd accepts 100 logins at the same time'],
    ['the same time', clockAt(1_000_000), 'ok', 'it says'],
    ['a minute', clockAt(1_000_060), 'ok', 'it says'],
    ['a clock that makes no sense', clock('noon'), 'ok', 'it says'],
    [
      'a clock that is ahead',
      clockAt(1_000_061),
      'warning',
      "the factory's clock is 61 s ahead of port's",
      'timedatectl',
    ],
    ['a clock that is behind', clockAt(0), 'warning', "clock is 1000000 s behind port's", 'timedatectl'],
    ['a private identity file', checkIdentity('/k', 0o100600, undefined), 'ok', 'identity file /k'],
    ['one that is read-only', checkIdentity('/k', 0o100400, undefined), 'ok', 'identity file /k'],
    [
      'one for a group',
      checkIdentity('/k', 0o100640, undefined),
      'error',
      'identity file /k is accessible',
      'chmod 600 /k',
    ],
    ['one with a passphrase', checkIdentity('/k', 0o100600, 'locked'), 'warning', 'identity file /k', 'ssh-keygen -p'],
  ])('%s', (_, finding, level, text, hint) => {
    expect(finding.level).toBe(level);
    expect(finding.text).toContain(text);
    expect(finding.hint ?? '').toContain(hint ?? '');
    expect(finding.hint === undefined).toBe(level === 'ok');
  });
});

test('a finding that is not about the clock is unchanged', () => {
  const finding = ok('disk', '1 GB free');
  expect(checkClock(finding, 0)).toBe(finding);
});

test.each([
  ['doskara runner 0.1.0', '0.1.0'],
  ['doskara runner 0.1.0 (0123, with changes)', '0.1.0 (0123, with changes)'],
  ['Welcome to factory\ndoskara runner from source\n', 'from source'],
  ['sh: 1: /usr/local/doskara/build.sh: not found', undefined],
  ['', undefined],
])('the version in %j is %s', (said, version) => {
  expect(parseRunnerVersion(said)).toBe(version);
});
