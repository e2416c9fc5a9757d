import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Clone } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { makeKey, publicKey } from '../rig/sshd.ts';

const use = usePlatform();
const folder = mkdtempSync(join(tmpdir(), 'doskara-pusher-key-'));
const key = join(folder, 'bob');
const canary = join(folder, 'canary');
const authorizedKeys = () => join(use.platform.portHome, '.ssh/authorized_keys');
const keyCommand = (...args: string[]) => use.platform.doskara('key', ...args);
let theirs: Clone;
let other: Clone;

/** The pusher's git with bob's key instead of alice's, and further ssh options. */
const bobs = (clone: Clone, sshOptions = '', env: Record<string, string> = {}) => {
  const command = `${use.platform.pusherEnv['GIT_SSH_COMMAND']} -o IdentitiesOnly=yes ${sshOptions}`;
  const config = join(use.platform.folder, 'pusher/ssh_config');
  const own = join(folder, 'ssh_config');
  writeFileSync(own, readFileSync(config, 'utf8').replace(/IdentityFile .*/, `IdentityFile ${key}`));
  return new Clone(clone.folder, clone.app, {
    ...use.platform.pusherEnv,
    GIT_SSH_COMMAND: command.replace(config, own),
    ...env,
  });
};

beforeAll(async () => {
  await makeKey(key);
  theirs = await use.platform.app('theirs');
  other = await use.platform.app('other');
  await other.push('HEAD:side');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a key limited to some apps', () => {
  beforeAll(async () => {
    await keyCommand('remove', 'bob');
    await keyCommand('add', 'bob', `${key}.pub`, '--apps', 'theirs,elsewhere');
  });

  test('is shown as limited in authorized_keys, in the list and in JSON', async () => {
    expect(readFileSync(authorizedKeys(), 'utf8')).toMatch(
      /^restrict,command="\S+\/doskara serve bob --apps theirs,elsewhere" ssh-ed25519 /m,
    );
    expect((await keyCommand('list')).stdout).toMatch(/^bob\tssh-ed25519\tSHA256:\S+\ttheirs,elsewhere$/m);
    expect((await keyCommand('list')).stdout).toMatch(/^alice\tssh-ed25519\tSHA256:\S+\tall$/m);
    const found = JSON.parse((await keyCommand('list', '--json')).stdout) as { name: string; apps: string[] | null }[];
    expect(found.map(({ name, apps }) => [name, apps])).toEqual([
      ['alice', null],
      ['bob', ['theirs', 'elsewhere']],
    ]);
  });

  test('can push to, fetch and clone those', async () => {
    const clone = bobs(theirs);
    await clone.commit({ bobs: 'file' });
    expect((await clone.push()).lines.at(-1)).toMatch(/^success: theirs build \d+ built/);
    expect((await clone.git('fetch', 'doskara')).exitCode).toBe(0);
    const url = (await clone.git('remote', 'get-url', 'doskara')).stdout;
    expect((await clone.git('clone', '--quiet', url, join(folder, 'cloned'))).exitCode).toBe(0);
  });

  test.each([
    ['push', ['push', 'doskara', 'main:refs/heads/evil']],
    ['fetch', ['fetch', 'doskara']],
    ['clone', ['clone', '--quiet', 'URL', 'stolen']],
    ['ls-remote', ['ls-remote', 'doskara']],
    ['archive', ['archive', '--remote=doskara', 'side']],
  ])('cannot %s another', async (_, args) => {
    const clone = bobs(other);
    const url = (await clone.git('remote', 'get-url', 'doskara')).stdout;
    const { exitCode, all } = await clone.git(...args.map((word) => (word === 'URL' ? url : word)));
    expect(exitCode).not.toBe(0);
    expect(all).toContain('error: the key of bob may not use other, only theirs, elsewhere');
    const refs = await execa('git', ['-C', use.platform.repository('other'), 'for-each-ref', '--format=%(refname)']);
    expect(refs.stdout).toBe('refs/heads/side');
  });

  test.each([
    ['other'],
    ['/other'],
    ['~/other.git'],
    ['theirs/../other'],
    ['theirs.git/../other.git'],
    ['ROOT/other.git'],
    ['no-such-app'],
  ])('finds nothing at %s', async (path) => {
    const url = (await theirs.git('remote', 'get-url', 'doskara')).stdout.replace(/\/theirs$/, '');
    const target = `${url}/${path.replace('ROOT', use.platform.root)}`;
    const { exitCode, all } = await bobs(theirs).git('ls-remote', target);
    expect(exitCode).not.toBe(0);
    expect(all).toMatch(/may not use (?:other|no-such-app), only|there is no app/);
  });

  test('gets more apps, or fewer, when it is added again', async () => {
    expect((await keyCommand('add', 'bob', `${key}.pub`)).stdout).toBe('bob can now push');
    expect((await bobs(other).git('fetch', 'doskara')).exitCode).toBe(0);
    const narrow = ['add', 'bob', `${key}.pub`, '--apps', 'theirs'];
    expect((await keyCommand(...narrow)).stdout).toBe('bob can now push to theirs');
    expect((await keyCommand(...narrow)).stdout).toBe('bob can already push to theirs');
    expect((await bobs(other).git('fetch', 'doskara')).exitCode).not.toBe(0);
    expect(readFileSync(authorizedKeys(), 'utf8').match(/serve bob/g)).toHaveLength(1);
  });

  test('may be limited to an app that does not exist, but not unnoticed', async () => {
    const { exitCode, stdout, stderr } = await keyCommand('add', 'bob', `${key}.pub`, '--apps', 'theirs,thiers,later');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'bob can now push to theirs, thiers, later' });
    expect(stderr.split('\n')).toEqual([
      'warning: there is no app thiers',
      'hint: did you mean theirs? all apps: doskara list',
      'warning: there is no app later',
      'hint: to create it: doskara create later',
    ]);
  });

  test.each([['a b'], ['a"b'], ['../x'], [''], ['a,,b'], ['*']])('is refused for %j', async (apps) => {
    const { exitCode, all } = await keyCommand('add', 'bob', `${key}.pub`, '--apps', apps);
    expect(exitCode).toBe(2);
    expect(all).toContain('is not an app name');
  });
});

describe('a pusher with a key', () => {
  beforeAll(async () => {
    await keyCommand('add', 'bob', `${key}.pub`);
  });

  const pretending = {
    DOSKARA_PUSHER: 'alice',
    GL_USER: 'alice',
    REMOTE_USER: 'alice',
    LOGNAME: 'alice',
    USER: 'alice',
    SSH_USER_AUTH: '/dev/null',
  };
  const settings = (env: Record<string, string>) =>
    Object.entries(env)
      .map(([name, value]) => `-o SetEnv=${name}=${value}`)
      .join(' ');
  const send = (env: Record<string, string>) => `${settings(env)} -o SendEnv=*`;

  test('cannot impersonate another through the environment of git or ssh, even if sshd accepts all of it', async () => {
    await use.platform.restartPort('AcceptEnv *');
    const clone = bobs(theirs, send(pretending), pretending);
    await clone.commit({ who: 'me?' });
    const { lines } = await clone.push();
    expect(lines.at(-1)).toMatch(/^success: theirs build \d+ built/);
    const number = Number(/build (\d+)/.exec(lines.at(-1) ?? '')?.[1]);
    expect(use.platform.record('theirs', number)).toMatchObject({ who: 'bob', outcome: 'built' });
  });

  test('cannot pass configuration to git on port', async () => {
    const env = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'uploadpack.packObjectsHook',
      GIT_CONFIG_VALUE_0: `touch ${canary};`,
      GIT_TRACE: canary,
      XDG_CONFIG_HOME: folder,
    };
    const args = Object.entries(env).map(([name, value]) => `'${name}=${value}'`);
    const ssh = `env ${args.join(' ')} ssh -F ${join(folder, 'ssh_config')} -o SendEnv=*`;
    const url = (await theirs.git('remote', 'get-url', 'doskara')).stdout;
    const own = new Clone(folder, 'theirs', { ...use.platform.pusherEnv, GIT_SSH_COMMAND: ssh });
    expect((await own.git('clone', '--quiet', url, 'again')).exitCode).toBe(0);
    expect(existsSync(canary)).toBe(false);
    await use.platform.restartPort();
  });

  test('is not added if a foreign line of authorized_keys already has the key, since that line would count', async () => {
    const admins = join(folder, 'admins');
    await makeKey(admins);
    const before = readFileSync(authorizedKeys(), 'utf8');
    writeFileSync(authorizedKeys(), `${publicKey(admins)} admin\n${before}`);
    const { exitCode, all } = await keyCommand('add', 'carol', `${admins}.pub`, '--apps', 'theirs');
    expect(exitCode).toBe(2);
    expect(all).toMatch(/^error: this key is already in \S+, on a line that Doskara did not write/);
    writeFileSync(authorizedKeys(), before);
  });

  test('is listed and removed as usual if an admin has put extra spaces into the line', async () => {
    const admins = join(folder, 'typed');
    await makeKey(admins);
    await keyCommand('add', 'dora', `${admins}.pub`, '--apps', 'theirs');
    const before = readFileSync(authorizedKeys(), 'utf8');
    const typed = before.replace(/(serve) (dora) (--apps) (theirs)" (\S+) /, '$1  $2  $3  $4"  $5\t');
    writeFileSync(authorizedKeys(), `${typed}\n# a comment\n${publicKey(key)} admin\n`);
    const { stdout, stderr } = await keyCommand('list');
    expect(stdout).toMatch(/^dora\tssh-ed25519\tSHA256:\S+\ttheirs$/m);
    expect(stderr).toContain('warning: 1 line is not managed by Doskara in ');
    expect((await keyCommand('remove', 'dora')).exitCode).toBe(0);
    expect(readFileSync(authorizedKeys(), 'utf8')).not.toContain('dora');
    writeFileSync(authorizedKeys(), before.replace(/^.*dora\n/m, ''));
  });

  test('is neither lost nor restored when many are added and removed at once', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `many${i}`);
    for (const name of names) await makeKey(join(folder, name));
    await Promise.all([
      ...names.map((name) => keyCommand('add', name, join(folder, `${name}.pub`))),
      keyCommand('remove', 'bob'),
    ]);
    const listed = (await keyCommand('list')).stdout.split('\n').map((line) => line.split('\t')[0]);
    expect(listed.sort()).toEqual(['alice', ...names]);
  });
});
