import { describe, expect, test } from 'vitest';
import { isCommitName } from '../../../src/commands/arguments.ts';
import {
  detailsOf,
  findSshCommand,
  parseSshCommand,
  SSH_COMMANDS,
  usageOf,
} from '../../../src/commands/ssh/commands.ts';
import { formatHint } from '../../../src/errors.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { troubleOf } from '../trouble.ts';

const ID = '0123456789abcdef'.repeat(3).slice(0, 40);

function specOf(name: string) {
  const spec = findSshCommand(name);
  if (spec === undefined) throw new Error(`no ssh command ${name}`);
  return spec;
}

test('pushers have these commands, and each shows its usage', () => {
  expect(SSH_COMMANDS.map(usageOf)).toEqual([
    'list [--json]',
    'status <app> [--branch <branch>] [--json]',
    'builds <app> [-n <number>] [--branch <branch>] [--json]',
    'logs <app> [build] [-f] [-t] [--branch <branch>]',
    'wait <app> [commit] [--timeout <time>] [--branch <branch>]',
    'replay <app> [commit] [--no-cache] [--verify] [--branch <branch>]',
    'rollback <app> [build] [--branch <branch>]',
    'cancel <app> [--branch <branch>]',
    'help [topic]',
  ]);
  expect(detailsOf(specOf('logs'))).toEqual([
    '  build              its number (default: the last build)',
    "  -f                 follow the log until the build ends; exit with the build's exit code",
    '  -t                 show the time of each line',
    '  --branch <branch>  the last build of this branch (default: of the app)',
  ]);
});

describe("a pusher's command", () => {
  test.each<[string, string, string[], object]>([
    ['list', 'list', [], {}],
    ['list --json', 'list', [], { json: true }],
    ['help', 'help', [], {}],
    ['help after-build', 'help', ['after-build'], {}],
    ['help logs', 'help', ['logs'], {}],
    ['wait --help', 'help', ['wait'], {}],
    ['builds myapp --help -n', 'help', ['builds'], {}],
    ['help --help', 'help', ['help'], {}],
    ['builds myapp', 'builds', ['myapp'], { limit: 20 }],
    ['builds myapp -n 3 --json', 'builds', ['myapp'], { limit: 3, json: true }],
    ['builds -n 999999 my-app', 'builds', ['my-app'], { limit: 999_999 }],
    ['logs a', 'logs', ['a'], {}],
    ['logs a 12 -f -t', 'logs', ['a', '12'], { follow: true, timestamps: true }],
    ['logs -f a', 'logs', ['a'], { follow: true }],
    ['replay a', 'replay', ['a'], { cache: true }],
    [`replay a ${ID}`, 'replay', ['a', ID], { cache: true }],
    ['replay a v1.2 --no-cache', 'replay', ['a', 'v1.2'], { cache: false }],
    ['status a --json', 'status', ['a'], { json: true }],
    ['wait a', 'wait', ['a'], {}],
    [`wait a ${ID} --timeout 10m`, 'wait', ['a', ID], { timeout: '10m' }],
    ['rollback a', 'rollback', ['a'], {}],
    ['rollback a 12', 'rollback', ['a', '12'], {}],
    ['rollback a v1.2', 'rollback', ['a', 'v1.2'], {}],
    ['cancel a.b_c-1', 'cancel', ['a.b_c-1'], {}],
  ])('%j', (line, name, args, options) => {
    expect(parseSshCommand(line)).toEqual({ spec: findSshCommand(name), args, options });
  });

  test.each([
    ...['id', 'sh', 'LIST', 'List', 'constructor', '__proto__', '-f', '--help', 'doskara list', '/bin/ls', ' list'],
    ...['create x', 'archive a', 'key list', 'key add eve', 'hook remove a', 'reconcile', 'serve alice', 'destroy a'],
    ...['list\n', 'list\nid', 'list;id', 'list\tx', 'list|id', 'list&', '$(id)', '`id`', "'list'", '"list"', 'list\0'],
    ...["git-receive-pack '/etc'", "git-upload-pack 'a' list", 'git archive', 'scp -t /', 'sftp'],
  ])('%j is refused, and the hint lists what is allowed', (command) => {
    const { code, exitCode, message, hint } = troubleOf(() => parseSshCommand(command));
    expect([code, exitCode]).toEqual(['not-served', EXIT.usage]);
    expect(message).toMatch(/^"[\x20-\x7e]*" is not available here$/);
    expect(hint).toBe(
      'you can git push, git fetch and git clone, and use list, status, builds, logs, wait, replay, rollback, cancel, help',
    );
  });

  test.each<[string, string, string]>([
    ['list ', 'list', 'unexpected argument ""'],
    ['list  --json', 'list', 'unexpected argument ""'],
    ['list a', 'list', 'unexpected argument "a"'],
    ['list --json=1', 'list', 'unexpected argument "--json=1"'],
    ['help gate list', 'help', 'unexpected argument "list"'],
    ['help ../../etc/passwd', 'help', '"../../etc/passwd" is not a topic'],
    ['help --all', 'help', '"--all" is not a topic'],
    ['builds', 'builds', "builds needs an app's name"],
    ['builds --json', 'builds', "builds needs an app's name"],
    ['builds a b', 'builds', 'unexpected argument "b"'],
    ['builds a -n', 'builds', '-n needs a number from 1 on, not ""'],
    ['builds a -n 0', 'builds', '-n needs a number from 1 on, not "0"'],
    ['builds a -n -1', 'builds', '-n needs a number from 1 on, not "-1"'],
    ['builds a -n 1e9', 'builds', '-n needs a number from 1 on, not "1e9"'],
    ['builds a -n --json', 'builds', '-n needs a number from 1 on, not "--json"'],
    ['builds a -f', 'builds', 'unexpected argument "-f"'],
    ['builds  a', 'builds', 'unexpected argument "a"'],
    ['builds ../a', 'builds', '"../a" is not an app\'s name'],
    ['builds /srv/git/a.git', 'builds', '"/srv/git/a.git" is not an app\'s name'],
    ['builds ./a', 'builds', '"./a" is not an app\'s name'],
    ['builds A', 'builds', '"A" is not an app\'s name'],
    ['builds --output=/x', 'builds', '"--output=/x" is not an app\'s name'],
    ['logs a 0', 'logs', '"0" is not a build\'s number'],
    ['logs a 1.log', 'logs', '"1.log" is not a build\'s number'],
    ['logs a x ../../y', 'logs', 'unexpected argument "../../y"'],
    ['logs a ../../y', 'logs', '"../../y" is not a build\'s number'],
    ['logs a -n', 'logs', '"-n" is not a build\'s number'],
    ['cancel a;id', 'cancel', '"a;id" is not an app\'s name'],
    ['cancel $(id)', 'cancel', '"$(id)" is not an app\'s name'],
    ['cancel a\nid', 'cancel', '"a\\\\u000aid" is not an app\'s name'],
    ['replay a --output=/x', 'replay', '"--output=/x" is not a commit id, a branch or a tag'],
    ['wait a --timeout 10', 'wait', '--timeout needs a time such as 30s, 10m or 1h, not "10"'],
    ['rollback a main~1', 'rollback', '"main~1" is not a build number or a commit'],
    ['replay a --', 'replay', '"--" is not a commit id, a branch or a tag'],
  ])('%j is refused, with the reason and the usage', (command, verb, message) => {
    const trouble = troubleOf(() => parseSshCommand(command));
    expect(trouble).toMatchObject({ code: 'wrong-words', exitCode: EXIT.usage, message });
    expect(formatHint(trouble.hint ?? '')).toBe(`doskara ${usageOf(specOf(verb))}`);
  });

  test('that is long is quoted back shortened', () => {
    expect(troubleOf(() => parseSshCommand('x'.repeat(100_000))).message.length).toBeLessThan(250);
    expect(troubleOf(() => parseSshCommand(`replay a -${'x'.repeat(100_000)}`)).message.length).toBeLessThan(300);
  });
});

describe("a commit's name", () => {
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
