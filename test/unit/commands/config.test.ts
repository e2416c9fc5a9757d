import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'doskara-config-'));
const root = join(folder, 'root');
const shop = join(root, 'shop.git');
const file = join(shop, 'config');
const userFile = join(folder, '.gitconfig');
const env = { HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
const doskara = (...args: string[]) => execa(resolve('dist/doskara'), args, { env, reject: false, all: true });
const git = (...args: string[]) => execa('git', ['-C', shop, 'config', ...args], { env, reject: false });
const show = async (key: string) => JSON.parse((await doskara('config', 'shop', key, '--json')).stdout);

beforeAll(async () => {
  mkdirSync(root);
  writeFileSync(userFile, `[doskara]\n\troot = ${root}\n\tkeepBuilds = 7\n`);
});
beforeEach(async () => {
  rmSync(shop, { recursive: true, force: true });
  await execa('git', ['init', '-q', '--bare', '-b', 'trunk', shop], { env });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('doskara config', () => {
  test('lists all settings with value, default and the file that sets them', async () => {
    await git('--add', 'doskara.factory', 'a');
    await git('--add', 'doskara.factory', 'b');
    const { stdout, exitCode } = await doskara('config', 'shop');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `factory\ta, b\tfactory\t${file}`,
      'spread\tfalse\tfalse\t-',
      'maxSending\t20\t20\t-',
      'branch\ttrunk\ttrunk\t-',
      'app\tshop\tshop\t-',
      'timeout\t30m\t30m\t-',
      `keepBuilds\t7\t100\t${userFile}`,
      'maxLog\t100M\t100M\t-',
      'maxEntries\t200000\t200000\t-',
      'color\tauto\tauto\t-',
      'folder\t-\t-\t-',
      'watch\t-\t-\t-',
      'dockerfile\tDockerfile\tDockerfile\t-',
      'target\t-\t-\t-',
      'buildArg\t-\t-\t-',
      'baseImage\t-\t-\t-',
      'reproducible\tfalse\tfalse\t-',
      'platforms\t-\t-\t-',
      'attest\t-\t-\t-',
      'submodules\tfalse\tfalse\t-',
      'submoduleHost\t-\t-\t-',
      'submoduleBase\t-\t-\t-',
      'ssh\t-\t-\t-',
      'gate\tfalse\tfalse\t-',
      'check\t-\t-\t-',
      'afterBuild\t-\t-\t-',
      'sshConfig\t-\t-\t-',
      `root\t${root}\t/srv/git\t${userFile}`,
    ]);
    const all = JSON.parse((await doskara('config', 'shop', '--json')).stdout);
    expect(all[0]).toEqual({
      key: 'factory',
      values: ['a', 'b'],
      default: 'factory',
      scope: 'repository',
      file,
      problem: null,
    });
    expect(all.find(({ key }: { key: string }) => key === 'keepBuilds')).toMatchObject({
      key: 'keepBuilds',
      values: ['7'],
      scope: 'user',
      file: userFile,
    });
  });

  test('a change of what the image depends on ends with how to build at once, if there was a build', async () => {
    const said = async (...args: string[]) => (await doskara('config', 'shop', ...args)).stderr;
    expect(await said('folder', 'web')).toBe('');
    mkdirSync(join(shop, 'doskara/builds'), { recursive: true });
    writeFileSync(join(shop, 'doskara/builds/1.json'), '{}');
    const replay = 'hint: this counts from the next build on; to build now: doskara replay shop';
    for (const args of [
      ['folder', 'api'],
      ['Target', 'prod'],
      ['buildArg', 'A=1', '--add'],
      ['folder', '--unset'],
    ])
      expect(await said(...args)).toBe(replay);
    expect(await said('timeout', '1h')).toBe('');
  });

  test('sets, shows and removes a value; the case of the key and doskara. do not matter', async () => {
    expect((await doskara('config', 'shop', 'timeout')).stdout).toBe('30m');
    expect((await doskara('config', 'shop', 'TIMEOUT', '1h')).stdout).toBe('timeout is now 1h');
    expect((await git('doskara.timeout')).stdout).toBe('1h');
    expect((await doskara('config', 'shop', 'doskara.timeout')).stdout).toBe('1h');
    expect((await doskara('config', 'shop', 'Timeout', '--unset')).stdout).toBe('timeout is now 30m, the default');
    expect((await doskara('config', 'shop', 'keepbuilds', '9')).stdout).toBe('keepBuilds is now 9');
    expect((await doskara('config', 'shop', 'keepbuilds', '--unset')).stdout).toBe(
      `keepBuilds is now 7, set in ${userFile}`,
    );
    expect((await doskara('config', 'shop', 'afterBuild', 'echo "$X"; true')).exitCode).toBe(0);
    expect((await doskara('config', 'shop', 'afterBuild')).stdout).toBe('echo "$X"; true');
    expect((await doskara('config', 'shop', 'afterBuild', '--unset')).stdout).toBe('afterBuild is not set any more');
  });

  test('adds a factory to those that are tried', async () => {
    expect((await doskara('config', 'shop', 'factory', 'b', '--add')).stdout).toBe('factory is now factory, b');
    expect((await doskara('config', 'shop', '--add', 'factory', 'c')).stdout).toBe('factory is now factory, b, c');
    expect((await show('factory')).values).toEqual(['factory', 'b', 'c']);
    expect((await doskara('config', 'shop', 'factory', 'd')).stdout).toBe('factory is now d');
  });

  test.each<[string[], string, string]>([
    [['tiemout', '1h'], '"tiemout" is not a setting', 'did you mean timeout? all settings: doskara config shop'],
    [['what'], '"what" is not a setting', 'all settings: doskara config shop'],
    [
      ['timeout', '30'],
      'doskara.timeout="30" should be a time such as 30m, from 1s to 500h',
      'its value now: doskara config shop timeout',
    ],
    [
      ['factory', 'a b'],
      'doskara.factory="a b" should be an ssh destination',
      'its value now: doskara config shop factory',
    ],
    [
      ['timeout', '1h', '--add'],
      'timeout has one value: --add is for factory, branch, watch, buildArg, attest or submoduleHost',
      'to replace it: doskara config shop timeout 1h',
    ],
    [['timeout', '--unset'], 'timeout is not set for shop', 'all settings: doskara config shop'],
    [
      ['keepBuilds', '--unset'],
      `keepBuilds is set in ${userFile}, not in the repository of shop`,
      `to remove it there: git config --file ${userFile} --unset-all doskara.keepBuilds; to set another value here: doskara config shop keepBuilds <value>`,
    ],
    [['timeout', '1h', '--unset'], '--unset takes no value', 'doskara config shop timeout --unset'],
    [['factory', '--add'], 'name a value to add', 'doskara config shop factory <value> --add'],
    [['--unset'], 'name a setting', 'all settings: doskara config shop'],
    [
      ['root', '/srv'],
      'doskara.root applies to the port, not to an app',
      'as root: git config --system doskara.root <folder>',
    ],
  ])('refuses %j, says why, and what to type', async (args, message, hint) => {
    const { exitCode, all } = await doskara('config', 'shop', ...args);
    expect(all).toBe(`error: ${message}\nhint: ${hint}`);
    expect(exitCode).toBe(2);
    expect((await git('--get-regexp', '^doskara')).stdout).not.toContain('timeout');
  });

  test('corrects settings with which nothing else works', async () => {
    await git('doskara.timeout', 'soon');
    await git('doskara.tiemout', '1h');
    const broken = await doskara('builds', 'shop');
    expect(broken.all).toContain('hint: an admin can fix it on port; to see where it is set: doskara config shop');
    const { stdout, stderr } = await doskara('config', 'shop');
    expect(stdout).toContain(`tiemout\t1h\t-\t${file}`);
    expect(stderr).toContain('warning: doskara.timeout="soon" should be a time such as 30m');
    expect(stderr).toContain('warning: doskara.tiemout is not a setting');
    expect((await doskara('config', 'shop', 'tiemout', '--unset')).stdout).toBe('tiemout is not set any more');
    await doskara('config', 'shop', 'timeout', '1h');
    expect((await doskara('builds', 'shop')).exitCode).toBe(0);
  });

  test('says what keeps it from writing', async () => {
    writeFileSync(`${file}.lock`, '');
    const { exitCode, all } = await doskara('config', 'shop', 'timeout', '1h');
    expect(exitCode).toBe(2);
    expect(all).toContain(`error: cannot change ${file}: `);
    expect(all).toContain(`rm -f ${file}.lock`);
  });
});

describe('doskara gate', () => {
  const link = join(shop, 'hooks/pre-receive');

  test('turns it on and off, with its hook, at once', async () => {
    expect((await doskara('gate', 'shop')).stdout).toBe('off');
    expect((await doskara('gate', 'shop', 'on')).stdout).toMatch(/^the gate of shop is on: /);
    expect(existsSync(link)).toBe(true);
    expect((await doskara('gate', 'shop')).stdout).toBe('on');
    expect((await doskara('gate', 'shop', 'off')).stdout).toMatch(/^the gate of shop is off: /);
    expect(existsSync(link)).toBe(false);
    expect((await git('doskara.gate')).stdout).toBe('false');
    expect((await doskara('gate', 'shop', 'maybe')).exitCode).toBe(2);
  });

  test('is what doskara config does, too', async () => {
    await doskara('config', 'shop', 'gate', 'yes');
    expect(existsSync(link)).toBe(true);
    await doskara('config', 'shop', 'gate', '--unset');
    expect(existsSync(link)).toBe(false);
  });

  test('changes no setting where the hook cannot be installed', async () => {
    await git('core.hooksPath', '/elsewhere');
    const { exitCode, all } = await doskara('gate', 'shop', 'on');
    expect([exitCode, all]).toEqual([2, expect.stringContaining('uses the hooks in /elsewhere (core.hooksPath)')]);
    expect((await git('doskara.gate')).stdout).toBe('');
  });

  test('says which command installs a missing hook', async () => {
    await git('doskara.gate', 'true');
    await doskara('hook', 'install', 'shop');
    rmSync(link);
    const { stdout, stderr } = await doskara('gate', 'shop');
    expect(stdout).toBe('off');
    expect(stderr).toBe('hint: doskara.gate is set, but its hook is not installed: doskara gate shop on');
  });
});
