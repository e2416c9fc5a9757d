import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProgram } from '../../../src/commands/command-line.ts';
import { completionScript, SHELLS } from '../../../src/commands/completion.ts';
import { readFacts } from '../../../src/commands/shell/spec.ts';
import { Records } from '../../../src/port/records.ts';

const program = makeProgram({ hook: '', gate: '', doskara: '', manual: 'src/manual' }, { exitCode: 0 });
const facts = readFacts(program);
const folder = mkdtempSync(join(tmpdir(), 'doskara-completion-'));
const root = join(folder, 'root');
const shop = join(root, 'shop.git');
const env = { HOME: folder, PATH: `${resolve('dist')}${delimiter}${process.env['PATH']}`, GIT_CONFIG_NOSYSTEM: '1' };
const run = (file: string, ...args: string[]) => execa(file, args, { env, cwd: folder });
let head = '';

beforeAll(async () => {
  mkdirSync(root);
  const user = '[user]\n  name = A\n  email = a@example.org\n';
  writeFileSync(join(folder, '.gitconfig'), `${user}[doskara]\n  root = ${root}\n`);
  for (const app of ['shop', 'shoes', 'blog'])
    await run('git', 'init', '-q', '--bare', '-b', 'main', `${root}/${app}.git`);
  const { stdout: tree } = await execa('git', ['-C', shop, 'mktree'], { env, input: '' });
  const { stdout: commit } = await run('git', '-C', shop, 'commit-tree', '-m', 'Say hello', tree);
  head = commit;
  for (const ref of ['heads/main', 'heads/side', 'tags/v1', 'heads/$(touch${IFS}hacked)', 'heads/`id`'])
    await run('git', '-C', shop, 'update-ref', `refs/${ref}`, commit);
  mkdirSync(join(shop, 'doskara'));
  const records = new Records(join(shop, 'doskara'));
  const build = { app: 'shop', commit, ref: 'refs/heads/main', subject: 's', who: 'w', why: 'push' } as const;
  for (let i = 0; i < 2; i++) await records.save({ ...(await records.begin(build)), outcome: 'built' });
  for (const shell of SHELLS) writeFileSync(join(folder, `doskara.${shell}`), completionScript(shell, program));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers when Tab is pressed after the last word. */
async function inBash(...args: string[]): Promise<string[]> {
  const script = `source doskara.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _doskara; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run('bash', '--norc', '-c', script, 'bash', 'doskara', ...args);
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe('bash', () => {
  test.each<[string[], string[]]>([
    [['re'], ['rename', 'replay', 'reconcile']],
    [
      ['key', ''],
      ['add', 'list', 'remove', 'help'],
    ],
    [['logs', '--f'], ['--follow']],
    [['--v'], ['--version']],
    [
      ['logs', 'sh'],
      ['shoes', 'shop'],
    ],
    [['logs', '-f', 'b'], ['blog']],
    [
      ['logs', 'shop', ''],
      ['2', '1'],
    ],
    [['logs', 'shop', '1', ''], []],
    [['builds', '-n', ''], []],
    [['builds', '-n', '5', 'bl'], ['blog']],
    [['replay', 'shop', 's'], ['side']],
    [['replay', 'nowhere', ''], []],
    [['config', 'shop', 'ti'], ['timeout']],
    [
      ['gate', 'shop', 'o'],
      ['on', 'off'],
    ],
    [['archive', 'shop', 'main', '-o', 'doskara.b'], ['doskara.bash']],
    [
      ['hook', 'install', 'blog', 'sho'],
      ['shoes', 'shop'],
    ],
    [
      ['key', 'add', 'ann', '--apps', 'blog,sho'],
      ['blog,shoes', 'blog,shop'],
    ],
    [['key', 'add', 'ann', '--apps', '=', 'bl'], ['blog']],
    [['completion', ''], SHELLS],
    [
      ['help', 'se'],
      ['secrets', 'security', 'settings'],
    ],
    [['help', 'gate', ''], []],
    [
      ['no-such-command', ''],
      program
        .createHelp()
        .visibleCommands(program)
        .map((each) => each.name()),
    ],
  ])('after doskara %j offers %j', async (args, offered) => {
    expect(await inBash(...args)).toEqual(offered);
  });

  test('offers every command and option in --help', async () => {
    for (const { path, subcommands, options } of facts) {
      const args = path.split(' ').filter(Boolean);
      if (subcommands.length > 0) expect(await inBash(...args, '')).toEqual(subcommands.map(({ word }) => word));
      expect(await inBash(...args, '-')).toEqual(options.map(({ word }) => word));
    }
  });

  test('offers branches, tags and commits, except those whose name a shell would execute', async () => {
    const offered = await inBash('replay', 'shop', '');
    expect(offered).toEqual(['main', 'side', 'v1', expect.stringMatching(/^[0-9a-f]{7,}$/)]);
    expect(head.startsWith(offered[3] ?? '?')).toBe(true);
    expect(existsSync(join(folder, 'hacked'))).toBe(false);
  });
});

test.each(SHELLS)('%s, if installed, can read its script', async (shell) => {
  const { failed, code, stderr } = await execa(shell, ['-n', `doskara.${shell}`], { env, cwd: folder, reject: false });
  if (failed) expect(code).toBe('ENOENT');
  else expect(stderr).toBe('');
});

test('each script names every command', () => {
  expect(facts.map(({ path }) => path)).toContain('key add');
  for (const shell of SHELLS)
    for (const { path } of facts)
      expect(completionScript(shell, program)).toMatch(new RegExp(`^ *(?:case )?'${path}['/]`, 'm'));
});

test('doskara complete prints names and descriptions, and reports errors', async () => {
  expect((await run('doskara', 'complete', 'builds', 'shop')).stdout).toBe('2\tbuilt: s\n1\tbuilt: s');
  expect((await run('doskara', 'complete', 'apps')).stdout).toBe('blog\tapp\nshoes\tapp\nshop\tapp');
  const wrong = (...args: string[]) => execa('doskara', ['complete', ...args], { env, reject: false, all: true });
  expect(await wrong('toString')).toMatchObject({ exitCode: 2, all: '' });
  expect((await wrong('commits', 'shpo')).all).toContain('did you mean shop?');
});
