import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/exit-codes.ts';
import { parseGitConfig } from '../../../src/port/git/config.ts';
import { parseSettings } from '../../../src/port/read-settings.ts';
import { troubleOf } from '../trouble.ts';

const FALLBACK = { app: 'folder', branch: 'trunk' };
/** As `git config -z --show-scope` prints them. */
const scoped = (scope: string, ...entries: string[]) =>
  parseGitConfig(entries.map((entry) => `${scope}\0${entry}\0`).join(''));
const config = (...entries: string[]) => scoped('local', ...entries);

describe("port's settings", () => {
  test('have defaults, and are frozen', () => {
    const settings = parseSettings([], FALLBACK);
    expect(settings).toMatchObject({
      app: 'folder',
      factories: ['factory'],
      branch: 'trunk',
      timeout: 1800,
      keepBuilds: 100,
      maxLog: 100 * 1024 ** 2,
      maxEntries: 200_000,
      color: 'auto',
      gate: false,
      sshConfig: undefined,
      check: undefined,
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test.each<[string, string[], object]>([
    ['an app', ['doskara.app\nmy-app'], { app: 'my-app' }],
    ['one factory', ['doskara.factory\ndocker@10.0.0.1'], { factories: ['docker@10.0.0.1'] }],
    ['factories in order', ['doskara.factory\nb', 'doskara.factory\na'], { factories: ['b', 'a'] }],
    [
      'factories over which apps are spread',
      [
        'doskara.factory\nfactory-1',
        'doskara.factory\nfactory-2',
        'doskara.factory\nfactory-3',
        'doskara.spread\ntrue',
        'doskara.app\nshop',
      ],
      { factories: ['factory-2', 'factory-1', 'factory-3'], spread: true },
    ],
    ['a factory as a URL', ['doskara.factory\nssh://docker@[::1]:2222'], { factories: ['ssh://docker@[::1]:2222'] }],
    ['a branch', ['doskara.branch\nrelease/1.x'], { branch: 'release/1.x' }],
    ['a branch as a full ref', ['doskara.branch\nrefs/heads/main'], { branch: 'main' }],
    ['a timeout', ['doskara.timeout\n2h'], { timeout: 7200 }],
    ['the longest timeout', ['doskara.timeout\n500h'], { timeout: 1_800_000 }],
    ['how many builds are kept', ['doskara.keepbuilds\n1'], { keepBuilds: 1 }],
    ['how large a log may be', ['doskara.maxlog\n1M'], { maxLog: 1024 ** 2 }],
    ['how large a commit may be', ['doskara.maxentries\n500000'], { maxEntries: 500_000 }],
    ['how long an image is tried', ['doskara.check\n10s'], { check: 10 }],
    ['how long it is tried, in minutes', ['doskara.check\n10m'], { check: 600 }],
    ['colours', ['doskara.color\nnever'], { color: 'never' }],
    ['the gate', ['doskara.gate\nTrue'], { gate: true }],
    ['no gate', ['doskara.gate\ntrue', 'doskara.gate\noff'], { gate: false }],
    ['an ssh config', ['doskara.sshconfig\n/etc/doskara/ssh config'], { sshConfig: '/etc/doskara/ssh config' }],
    ['a root, which is for the commands', ['doskara.root\n/srv/git'], { app: 'folder' }],
    ['the last of several values', ['doskara.timeout\n1m', 'doskara.timeout\n2m'], { timeout: 120 }],
    ['an app if the directory name is not an app name', ['doskara.app\nok'], { app: 'ok' }],
  ])('can set %s', (_, entries, expected) => {
    expect(parseSettings(config(...entries), FALLBACK)).toMatchObject(expected);
  });

  test('take the factories from the last scope that has any', () => {
    const text = [
      ...scoped('system', 'doskara.factory\na'),
      ...scoped('global', 'doskara.factory\nb', 'doskara.factory\nc'),
    ];
    expect(parseSettings(text, FALLBACK).factories).toEqual(['b', 'c']);
  });

  test.each([
    ['doskara.app\nMyApp', 'doskara.app="MyApp" should be an app name'],
    ['doskara.factory\n-oProxyCommand=reboot', 'doskara.factory="-oProxyCommand=reboot" should be an ssh destination'],
    ['doskara.factory\na b', 'doskara.factory="a b" should be an ssh destination'],
    ['doskara.factory\n$(reboot)', 'doskara.factory="$(reboot)" should be an ssh destination'],
    ['doskara.factory\na\nb', 'doskara.factory="a\\nb" should be an ssh destination'],
    ['doskara.branch\n', 'doskara.branch="" should be a branch'],
    ['doskara.timeout\n30', 'doskara.timeout="30" should be a time such as 30m'],
    ['doskara.timeout\n0s', 'doskara.timeout="0s" should be a time such as 30m'],
    ['doskara.timeout\n600h', 'doskara.timeout="600h" should be a time such as 30m'],
    ['doskara.timeout', 'doskara.timeout="" should be a time such as 30m'],
    ['doskara.keepbuilds\n0', 'doskara.keepbuilds="0" should be a number'],
    ['doskara.keepbuilds\n-5', 'doskara.keepbuilds="-5" should be a number'],
    ['doskara.check\n10', 'doskara.check="10" should be a time such as 10s, from 1s to 10m'],
    ['doskara.check\n11m', 'doskara.check="11m" should be a time such as 10s'],
    ['doskara.color\nblue', 'doskara.color="blue" should be auto, always or never'],
    ['doskara.sshconfig\nconfig', 'doskara.sshconfig="config" should be an absolute path'],
    ['doskara.tiemout\n30m', 'doskara.tiemout is not a setting'],
    ['doskara.my.app\nx', 'doskara.my.app is not a setting'],
    ['doskara.constructor\nx', 'doskara.constructor is not a setting'],
  ])('cannot be %j', (entry, problem) => {
    const trouble = troubleOf(() => parseSettings(config(entry), FALLBACK));
    expect(trouble).toMatchObject({ code: 'bad-settings', exitCode: EXIT.usage });
    expect(trouble.message).toContain(problem);
  });
});

describe('invalid settings', () => {
  test('are all reported at once', () => {
    const entries = config('doskara.color\nred', 'doskara.tiemout\n1m', 'doskara.timeout\nsoon');
    const { message } = troubleOf(() => parseSettings(entries, { ...FALLBACK, app: 'My App' }));
    expect(message.split('; ')).toHaveLength(4);
  });

  test('include a directory name that is not an app name, unless doskara.app is set', () => {
    const { message } = troubleOf(() => parseSettings([], { ...FALLBACK, app: 'My App' }));
    expect(message).toBe('"My App" is not a valid app name: set doskara.app');
  });
});
