import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { serve } from '../../../src/commands/ssh/serve.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { PORT_SETTINGS } from '../../../src/port/settings.ts';

const home = mkdtempSync(join(tmpdir(), 'doskara-serve-'));
const root = join(home, 'a root');
const bundle = pathToFileURL(resolve('dist/doskara.mjs')).href;
const canary = join(home, 'canary');

beforeAll(async () => {
  vi.stubEnv('HOME', home); // git's, where node asks for the root
  await execa('git', ['config', '--file', join(home, '.gitconfig'), 'doskara.root', root]);
  for (const app of ['shop', 'shop-2', 'other'])
    await execa('git', ['init', '--bare', '--quiet', join(root, `${app}.git`)]);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

/** What sshd runs for a key. */
const DOSKARA = ['dist/doskara'];
/** Of it, what sh answers: it says so where it leaves the answer to node. */
const BY_SH = ['sh', '-c', '. ./src/commands/ssh/serve-git.sh; echo left to node', 'doskara'];
const BY_NODE = ['dist/node', 'dist/doskara.mjs'];

const run = ([program = '', ...before]: string[], asked: string, limit: string[], env: Record<string, string> = {}) =>
  execa(program, [...before, 'serve', 'bob', ...limit], {
    env: {
      HOME: home,
      PATH: process.env['PATH'] ?? '',
      SSH_ORIGINAL_COMMAND: asked,
      GIT_PROTOCOL: 'version=1',
      ...env,
    },
    extendEnv: false,
    input: '0000',
    reject: false,
  });

describe.each([
  ['sh', BY_SH],
  ['node', BY_NODE],
])("git's commands, answered by %s", (_, program) => {
  test.each([
    ["git-upload-pack 'shop'"],
    ["git upload-pack '/shop.git'"],
    ["git-receive-pack '~/shop.git/'"],
    [`git-receive-pack '${root}/shop'`],
  ])('%s opens the app', async (asked) => {
    const { exitCode, stdout } = await run(program, asked, []);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('version 1')]);
    expect(await run(program, asked, ['--apps', 'other,shop'])).toMatchObject({ exitCode: 0, stdout });
  });

  test('git gets no variable of the client that it would read', async () => {
    const trace = join(home, 'trace');
    const forged = {
      GIT_TRACE: trace,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'doskara.root',
      GIT_CONFIG_VALUE_0: '/',
    };
    const { exitCode } = await run(program, "git-upload-pack 'shop'", [], { ...forged, IFS: 'o', CDPATH: '/' });
    expect([exitCode, existsSync(trace)]).toEqual([0, false]);
  });
});

test.each<[string, string[]]>([
  ["git-upload-pack 'shop'", ['--apps', 'other']],
  ["git-upload-pack 'shop'", ['--apps', 'shop-2,sho']],
  ["git-upload-pack 'shop'", ['--apps', '']],
  ["git-upload-pack 'shop'", ['--apps', 'shop,']],
  ["git-upload-pack 'shop'", ['--apps', 'shop,,other']],
  ["git-upload-pack 'shop'", ['--apps', 'shop,Other']],
  ["git-upload-pack 'shop'", ['--app', 'shop']],
  ["git-upload-pack 'shop'", ['shop']],
  ["git-upload-pack 'shop'", ['--apps', 'shop', 'more']],
  ["git-upload-archive 'shop'", []],
  ["git-upload-pack 'Shop'", []],
  ["git-upload-pack 'gone'", []],
  ["git-upload-pack 'shop.git.git'", []],
  ["git-upload-pack 'shop/../other'", ['--apps', 'shop']],
  ["git-upload-pack '../a root/shop'", []],
  ["git-upload-pack '.shop'", []],
  ["git-upload-pack 'shop--2'", []],
  ["git-upload-pack ''", []],
  ["git-upload-pack ' shop'", []],
  ["git-upload-pack '//shop'", []],
  ["git-upload-pack '*'", []],
  ["git-upload-pack 'sho?'", []],
  ["git-upload-pack 'shop\n'", []],
  ["git-upload-pack 'shöp'", []],
  [`git-upload-pack '${'a'.repeat(64)}'`, []],
  ["git-upload-pack 'shop' --x", []],
  ["git-upload-pack --x 'shop'", []],
  ['git-upload-pack shop', []],
  ['git-upload-pack "shop"', []],
  ["git-upload-pack 'shop'; touch CANARY; echo ''", []],
  ["git-upload-pack '$(touch CANARY)'", []],
  ["git-upload-pack 'shop'\\''$(touch CANARY)'", []],
  ["git-upload-pack  'shop'", []],
  ["GIT-UPLOAD-PACK 'shop'", []],
  ["env git-upload-pack 'shop'", []],
])('%s is refused to a key with %j: sh leaves it to node, and node says why', async (asked, limit) => {
  const command = asked.replace('CANARY', canary);
  expect(await run(BY_SH, command, limit)).toMatchObject({ exitCode: 0, stdout: 'left to node', stderr: '' });
  const env = { SSH_ORIGINAL_COMMAND: command };
  await expect((async () => serve('bob', limit, env, bundle))()).rejects.toMatchObject({ exitCode: EXIT.usage });
  expect(existsSync(canary)).toBe(false);
});

test('sh and node together answer a refusal', async () => {
  const { exitCode, stdout, stderr } = await run(DOSKARA, "git-upload-pack 'other'", ['--apps', 'shop']);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^error: the key of bob may not use other, only shop\n/);
  expect(stderr).toContain('hint: ask an admin to allow it');
  const overSsh = await run(DOSKARA, 'status other', ['--apps', 'shop']);
  expect(overSsh.stderr).toBe(stderr);
});

test('sh looks for repositories where node does', () => {
  expect(readFileSync('src/commands/ssh/serve-git.sh', 'utf8')).toContain(`|| root=${PORT_SETTINGS.root.default}\n`);
});
