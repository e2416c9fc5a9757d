import { describe, expect, test } from 'vitest';
import { isCommitName, parseSshCommand, type SshCommand, VERBS } from '../../../src/commands/ssh/commands.ts';
import { formatHint } from '../../../src/errors.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { troubleOf } from '../trouble.ts';

const ID = '0123456789abcdef'.repeat(3).slice(0, 40);

describe('a pusher asks', () => {
  test.each<[string, Partial<SshCommand>]>([
    ['list', { verb: 'list' }],
    ['list --json', { verb: 'list', options: new Set(['--json']) }],
    ['help', { verb: 'help', topic: undefined }],
    ['help after-build', { verb: 'help', topic: 'after-build' }],
    ['help logs', { verb: 'help', topic: 'logs' }],
    ['builds myapp', { verb: 'builds', app: 'myapp', limit: 20 }],
    ['builds myapp -n 3 --json', { verb: 'builds', app: 'myapp', limit: 3, options: new Set(['--json']) }],
    ['builds -n 999999 my-app', { verb: 'builds', app: 'my-app', limit: 999_999 }],
    ['logs a', { verb: 'logs', app: 'a', build: undefined }],
    ['logs a 12 -f -t', { verb: 'logs', app: 'a', build: '12', options: new Set(['-f', '-t']) }],
    ['logs -f a', { verb: 'logs', app: 'a', options: new Set(['-f']) }],
    ['replay a', { verb: 'replay', app: 'a', commit: undefined, options: new Set() }],
    [`replay a ${ID}`, { verb: 'replay', app: 'a', commit: ID }],
    ['replay a v1.2 --no-cache', { verb: 'replay', app: 'a', commit: 'v1.2', options: new Set(['--no-cache']) }],
    ['cancel a.b_c-1', { verb: 'cancel', app: 'a.b_c-1' }],
  ])('%j', (command, request) => {
    expect(parseSshCommand(command)).toMatchObject(request);
  });

  test.each([
    ...['id', 'sh', 'LIST', 'List', 'constructor', '__proto__', '-f', '--help', 'doskara list', '/bin/ls', ' list'],
    ...['create x', 'archive a', 'key list', 'key add eve', 'hook remove a', 'reconcile', 'serve alice', 'destroy a'],
    ...['list\n', 'list\nid', 'list;id', 'list\tx', 'list|id', 'list&', '$(id)', '`id`', "'list'", '"list"', 'list\0'],
    ...["git-receive-pack '/etc'", "git-upload-pack 'a' list", 'git archive', 'scp -t /', 'sftp'],
  ])('%j, which is not served, and hears what is', (command) => {
    const { code, exitCode, message, hint } = troubleOf(() => parseSshCommand(command));
    expect([code, exitCode]).toEqual(['not-served', EXIT.usage]);
    expect(message).toMatch(/^"[\x20-\x7e]*" is not available here$/);
    expect(hint).toBe('you can git push, git fetch and git clone, and use list, builds, logs, replay, cancel, help');
  });

  test.each<[string, keyof typeof VERBS, string]>([
    ['list ', 'list', '"" is one word too many'],
    ['list  --json', 'list', '"" is one word too many'],
    ['list a', 'list', '"a" is one word too many'],
    ['list --json=1', 'list', '"--json=1" is one word too many'],
    ['help gate list', 'help', '"list" is one word too many'],
    ['help ../../etc/passwd', 'help', '"../../etc/passwd" is not a topic'],
    ['help --all', 'help', '"--all" is not a topic'],
    ['builds', 'builds', "builds needs an app's name"],
    ['builds --json', 'builds', "builds needs an app's name"],
    ['builds a b', 'builds', '"b" is one word too many'],
    ['builds a -n', 'builds', '-n needs a number from 1 on, not ""'],
    ['builds a -n 0', 'builds', '-n needs a number from 1 on, not "0"'],
    ['builds a -n -1', 'builds', '-n needs a number from 1 on, not "-1"'],
    ['builds a -n 1e9', 'builds', '-n needs a number from 1 on, not "1e9"'],
    ['builds a -n --json', 'builds', '-n needs a number from 1 on, not "--json"'],
    ['builds a -f', 'builds', '"-f" is one word too many'],
    ['builds  a', 'builds', '"a" is one word too many'],
    ['builds ../a', 'builds', '"../a" is not an app\'s name'],
    ['builds /srv/git/a.git', 'builds', '"/srv/git/a.git" is not an app\'s name'],
    ['builds ./a', 'builds', '"./a" is not an app\'s name'],
    ['builds A', 'builds', '"A" is not an app\'s name'],
    ['builds --output=/x', 'builds', '"--output=/x" is not an app\'s name'],
    ['logs a 0', 'logs', '"0" is not a build\'s number'],
    ['logs a 1.log', 'logs', '"1.log" is not a build\'s number'],
    ['logs a x ../../y', 'logs', '"../../y" is one word too many'],
    ['logs a ../../y', 'logs', '"../../y" is not a build\'s number'],
    ['logs a -n', 'logs', '"-n" is not a build\'s number'],
    ['cancel a;id', 'cancel', '"a;id" is not an app\'s name'],
    ['cancel $(id)', 'cancel', '"$(id)" is not an app\'s name'],
    ['cancel a\nid', 'cancel', '"a\\\\u000aid" is not an app\'s name'],
    ['replay a --output=/x', 'replay', '"--output=/x" is not a commit id, a branch or a tag'],
    ['replay a --', 'replay', '"--" is not a commit id, a branch or a tag'],
  ])('%j, which is wrong, and hears why, and how the word is used', (command, verb, message) => {
    const trouble = troubleOf(() => parseSshCommand(command));
    expect(trouble).toMatchObject({ code: 'wrong-words', exitCode: EXIT.usage, message });
    expect(formatHint(trouble.hint ?? '')).toBe(`doskara ${VERBS[verb].usage}`);
  });

  test('at length, and hears it back shortened', () => {
    expect(troubleOf(() => parseSshCommand('x'.repeat(100_000))).message.length).toBeLessThan(250);
    expect(troubleOf(() => parseSshCommand(`replay a -${'x'.repeat(100_000)}`)).message.length).toBeLessThan(300);
  });
});

describe('the name of a commit', () => {
  test.each(['main', 'HEAD', 'v1.2.3', 'feature/x', 'refs/tags/v1', 'a@b', 'fix#12', 'a+b', 'grüße', 'abc1234', ID])(
    'is %j',
    (name) => {
      expect(isCommitName(name)).toBe(true);
    },
  );

  test.each([
    ...[
      '',
      '-',
      '--',
      '-x',
      '--output=/x',
      '--all',
      '@',
      '@{-1}',
      'main@{1}',
      'main@{upstream}',
      '^main',
      'main^',
      'a~1',
    ],
    ...['a..b', 'a...b', ':a', ':/fix', 'HEAD:build.sh', 'main^{/x}', 'main^{tree}', '^{/x}', '.a', 'a/.b', 'a.lock'],
    ...['a.lock/b', 'a.', 'a/', '/a', 'a//b', '../x', 'a b', 'a\n', 'a\0', 'a\\b', 'a*', 'a?', '[a]', '$(id)', '`id`'],
    ...["'a'", '"a"', 'a;b', 'a|b', 'a&b', 'a>b', 'a\u202eb', 'a\ufffd', '\u001b[31m', 'x'.repeat(256)],
  ])('is never %j', (name) => {
    expect(isCommitName(name)).toBe(false);
  });
});
