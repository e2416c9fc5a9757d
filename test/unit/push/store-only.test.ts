import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leftToNode, makeHookBySh, NEW, OLD } from './hook-by-sh.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-hook-start-'));
const home = join(folder, 'home');
const canary = join(folder, 'canary');
const repository = join(folder, 'shop.git');
const NONE = '0'.repeat(40);
const MANY = Array.from({ length: 11 }, (_, i) => `${NONE} ${NEW} refs/tags/v${i}\n`);

const BY_SH = [makeHookBySh(join(folder, 'hook'))];
const BY_NODE = ['dist/node', 'dist/start.cjs', '', 'dist/post-receive.cjs'].map((part) => part && resolve(part));

beforeAll(async () => {
  mkdirSync(home);
  await git('init', '--quiet', '--bare', '--initial-branch=main', repository);
});
afterAll(() => rmSync(folder, { recursive: true }));

const git = (...args: string[]) => execa('git', args);

async function run(
  [program = '', ...args]: string[],
  stdin: string | Buffer,
  { cwd = repository, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
) {
  const { stdout } = await execa(program, args, {
    cwd,
    env: { HOME: home, PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    input: stdin,
    encoding: 'latin1',
  });
  return stdout;
}

describe('a push that builds nothing', () => {
  test.each([
    ['a new branch', `${NONE} ${NEW} refs/heads/topic\n`],
    ['a branch that moves', `${OLD} ${NEW} refs/heads/feature/some_thing-1.2\n`],
    ['a tag named like the branch that is built', `${NONE} ${NEW} refs/tags/main\n`],
    ['with SHA-256', `${NONE}${'0'.repeat(24)} ${NEW}${'b'.repeat(24)} refs/heads/topic\n`],
    ['two refs', MANY.slice(9).join('')],
    ['nine refs', MANY.slice(2).join('')],
  ])('is answered by sh as by node: %s', async (_, stdin) => {
    const answer = await run(BY_SH, stdin);
    expect(answer).toMatch(/^(?:branch|tag) .*\nhint: to build .*\nwarning: nothing to build; shop is unchanged$/s);
    expect(answer).toBe(await run(BY_NODE, stdin));
  });

  test.each([
    ['the branch that is built', `${OLD} ${NEW} refs/heads/main\n`],
    ['that branch after others', `${OLD} ${NEW} refs/heads/topic\n${OLD} ${NEW} refs/heads/main\n`],
    ['a branch that is deleted', `${OLD} ${NONE} refs/heads/topic\n`],
    ['eleven refs', MANY.join('')],
    ['thousands of refs', `${OLD} ${NEW} refs/tags/v1\n`.repeat(3000)],
    ['another kind of ref', `${OLD} ${NEW} refs/notes/commits\n`],
    ['a name with a space', `${OLD} ${NEW} refs/heads/a b\n`],
    ['a name that is a command', `${OLD} ${NEW} refs/heads/$(touch\${IFS}${canary})\n`],
    ['a name that is a format', `${OLD} ${NEW} refs/heads/%s%n\n`],
    ['a name with a backslash', `${OLD} ${NEW} refs/heads/a\\nb\n`],
    [
      'a name of any bytes',
      `${OLD} ${NEW} refs/heads/${Buffer.from([...Array(127).keys()].map((i) => i + 129)).toString('latin1')}\n`,
    ],
    ['a line that is none', 'refs/heads/topic\n'],
  ])('is left to node, whole: %s', async (_, stdin) => {
    expect(await run(BY_SH, Buffer.from(stdin, 'latin1'))).toBe(leftToNode(stdin));
    expect(existsSync(canary)).toBe(false);
  });

  const TOPIC = `${OLD} ${NEW} refs/heads/topic\n`;

  test.each([
    ['doskara.branch', 'topic'],
    ['doskara.app', 'other'],
    ['doskara.color', 'always'],
    ['doskara.brnach', 'topic'],
  ])('is left to node where %s is set', async (key, value) => {
    await git('-C', repository, 'config', key, value);
    expect(await run(BY_SH, TOPIC)).toBe(leftToNode(TOPIC));
    await git('-C', repository, 'config', '--unset', key);
    expect(await run(BY_SH, TOPIC)).not.toContain('left to node');
  });

  test.each([
    ['push options', { GIT_PUSH_OPTION_COUNT: '1', GIT_PUSH_OPTION_0: 'skip' }],
    ['a configuration that git refuses', { GIT_CONFIG_COUNT: 'x' }],
  ])('is left to node with %s', async (_, env) => {
    expect(await run(BY_SH, TOPIC, { env })).toBe(leftToNode(TOPIC));
  });

  test.each([
    ['it leads to the branch that is built', 'refs/heads/topic', 'refs/heads/main'],
    ['the branch that is built leads to it', 'refs/heads/main', 'refs/heads/topic'],
  ])('is left to node if %s', async (_, from, to) => {
    await git('-C', repository, 'symbolic-ref', from, to);
    expect(await run(BY_SH, TOPIC)).toBe(leftToNode(TOPIC));
    await git('-C', repository, 'symbolic-ref', '--delete', from);
  });

  test.each([
    ['a symbolic ref without an end of line', 'refs/heads/topic', 'ref: refs/heads/main'],
    ['one without a space', 'refs/heads/topic', 'ref:refs/heads/main\n'],
    ['a HEAD that leads to a tag', 'HEAD', 'ref: refs/tags/topic\n'],
    ['a HEAD of another ref storage', 'HEAD', 'ref: refs/heads/.invalid\n'],
  ])('is left to node with %s', async (_, file, content) => {
    const other = join(folder, 'odd.git');
    await git('init', '--quiet', '--bare', '--initial-branch=main', other);
    writeFileSync(join(other, file), content);
    expect(await run(BY_SH, TOPIC, { cwd: other })).toBe(leftToNode(TOPIC));
    rmSync(other, { recursive: true });
  });

  test("is left to node by a user's settings, even if the environment hides them from git", async () => {
    writeFileSync(join(home, '.gitconfig'), '[doskara]\n\tbranch = topic\n');
    for (const name of ['GIT_CONFIG', 'GIT_CONFIG_GLOBAL'])
      expect(await run(BY_SH, TOPIC, { env: { [name]: '/dev/null' } })).toBe(leftToNode(TOPIC));
    rmSync(join(home, '.gitconfig'));
  });

  test('is left to node if the repository has another hook, too', async () => {
    const kept = join(repository, 'hooks/post-receive.kept');
    writeFileSync(kept, '');
    expect(await run(BY_SH, TOPIC)).toBe(leftToNode(TOPIC));
    rmSync(kept);
  });

  test.each(['A.git', 'a--b.git', 'a_b.git', '-a.git', 'work', `${'a'.repeat(64)}.git`])(
    'is left to node in a folder called %s',
    async (name) => {
      const other = join(folder, name);
      await git('init', '--quiet', '--bare', '--initial-branch=main', other);
      expect(await run(BY_SH, TOPIC, { cwd: other })).toBe(leftToNode(TOPIC));
    },
  );

  test('is left to node if HEAD is a commit', async () => {
    const other = join(folder, 'headless.git');
    await git('init', '--quiet', '--bare', other);
    writeFileSync(join(other, 'HEAD'), `${NEW}\n`);
    expect(await run(BY_SH, TOPIC, { cwd: other })).toBe(leftToNode(TOPIC));
  });
});
