import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { makeKey } from '../rig/sshd.ts';

const use = usePlatform();

const hookOf = (repository: string) => join(repository, 'hooks/post-receive');

async function foreignRepository(name: string): Promise<string> {
  const path = join(use.platform.root, `${name}.git`);
  await execa('git', ['init', '--quiet', '--bare', '-b', 'main', path]);
  return path;
}

describe('doskara create', () => {
  test('creates a bare repository that builds main, and prints the remote', async () => {
    const { stdout, exitCode } = await use.platform.doskara('create', 'new-app');
    const path = use.platform.repository('new-app');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^git remote add doskara \S+@\S+:new-app$/m);
    expect(readFileSync(join(path, 'HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
    expect(readlinkSync(hookOf(path))).toBe(join(DIST, 'post-receive'));
    const config = readFileSync(join(path, 'config'), 'utf8');
    expect(config).toContain('advertisePushOptions = true');
    expect(config).toContain('fsckObjects = true');
  });

  test.each([['Upper'], ['a.git'], ['a..b'], ['../escape'], ['-dash'], ['a b'], ['x'.repeat(64)], ['']])(
    'refuses the name %j',
    async (name) => {
      const { exitCode, all } = await use.platform.doskara('create', '--', name);
      expect(exitCode).toBe(2);
      expect(all).toContain('is not an app name');
    },
  );

  test('does not touch an existing app', async () => {
    await use.platform.doskara('create', 'there');
    const { exitCode, all } = await use.platform.doskara('create', 'there');
    expect(exitCode).toBe(2);
    expect(all).toContain('error: app there already exists');
  });
});

describe('doskara hook', () => {
  test('installs into existing repositories, twice without harm, and removes', async () => {
    const path = await foreignRepository('bare');
    expect((await use.platform.doskara('hook', 'status', 'bare')).stdout).toBe(`bare.git\tno hook\t${path}`);
    for (const _ of [1, 2])
      expect((await use.platform.doskara('hook', 'install', path)).stdout).toContain('hook installed');
    expect(readlinkSync(hookOf(path))).toBe(join(DIST, 'post-receive'));
    expect((await use.platform.doskara('hook', 'remove', 'bare')).stdout).toContain('no hook');
    expect(existsSync(hookOf(path))).toBe(false);
  });

  test('keeps a foreign hook, which runs first with the same input, and restores it on removal', async () => {
    const path = await foreignRepository('kept');
    const own = '#!/bin/sh\necho "own hook saw $(cat)"\n';
    writeFileSync(hookOf(path), own, { mode: 0o755 });
    expect((await use.platform.doskara('hook', 'status', 'kept')).stdout).toContain("another hook, not Doskara's");
    expect((await use.platform.doskara('hook', 'install', 'kept')).stdout).toContain('runs first');
    const app = await use.platform.app('kept-clone');
    await app.git('remote', 'set-url', 'doskara', path.replace(/^/, 'file://'));
    const { all } = await app.git('push', 'doskara', 'main');
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    expect(all).toContain(`own hook saw ${'0'.repeat(40)} ${head} refs/heads/main`);
    await use.platform.doskara('hook', 'remove', 'kept');
    expect(readFileSync(hookOf(path), 'utf8')).toBe(own);
  });

  test('does not overwrite a foreign hook if one is kept already', async () => {
    const path = await foreignRepository('kept-twice');
    for (const name of ['post-receive', 'post-receive.kept'])
      writeFileSync(join(path, 'hooks', name), '#!/bin/sh\n', { mode: 0o755 });
    const { exitCode, all } = await use.platform.doskara('hook', 'install', 'kept-twice');
    expect(exitCode).toBe(2);
    expect(all).toContain('hint: look at both');
  });

  test('replaces the hook of an installation that no longer exists', async () => {
    const path = await foreignRepository('dangling');
    symlinkSync('/usr/local/doskara-old/post-receive', hookOf(path));
    await use.platform.doskara('hook', 'install', 'dangling');
    expect(readlinkSync(hookOf(path))).toBe(join(DIST, 'post-receive'));
  });

  test('refuses a repository whose core.hooksPath points elsewhere', async () => {
    const path = await foreignRepository('elsewhere');
    await execa('git', ['-C', path, 'config', 'core.hooksPath', '/etc/hooks']);
    const { exitCode, all } = await use.platform.doskara('hook', 'install', 'elsewhere');
    expect(exitCode).toBe(2);
    expect(all).toContain('uses the hooks in /etc/hooks');
  });

  test('installs into all repositories at once, and reports as JSON', async () => {
    await foreignRepository('one-of-all');
    await execa('rm', ['-rf', ...['kept-twice', 'elsewhere'].map((name) => use.platform.repository(name))]);
    const { stdout } = await use.platform.doskara('hook', 'install', '--all', '--json');
    const found = JSON.parse(stdout) as { repository: string; state: string }[];
    expect(found.map(({ repository }) => repository)).toContain(use.platform.repository('one-of-all'));
    expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['installed', 'kept']));
    expect((await use.platform.doskara('hook', 'install')).all).toContain('hint: doskara hook install myapp');
  });
});

describe('doskara key', () => {
  test('lets a key push under its name, lists it, and revokes its access', async () => {
    const file = join(use.platform.folder, 'bob');
    await makeKey(file);
    expect((await use.platform.doskara('key', 'add', 'bob', `${file}.pub`)).stdout).toBe('bob can now push');
    expect((await use.platform.doskara('key', 'add', 'bob', `${file}.pub`)).stdout).toBe('bob can already push');
    const { stdout: line } = await execa('ssh-keygen', ['-lf', `${file}.pub`]);
    expect((await use.platform.doskara('key', 'list')).stdout).toContain(`bob\tssh-ed25519\t${line.split(' ')[1]}`);
    const keys = readFileSync(join(use.platform.portHome, '.ssh/authorized_keys'), 'utf8');
    expect(keys).toContain(`restrict,command="${DIST}/doskara serve bob" ssh-ed25519 `);
    expect(lstatSync(join(use.platform.portHome, '.ssh/authorized_keys')).mode & 0o777).toBe(0o600);
    expect((await use.platform.doskara('key', 'add', 'robert', `${file}.pub`)).all).toContain(
      'this key is already registered as bob',
    );
    expect((await use.platform.doskara('key', 'remove', 'bob')).stdout).toBe('bob can no longer push');
    expect((await use.platform.doskara('key', 'rm', 'bob')).exitCode).toBe(2);
    const nameless = await use.platform.doskara('key', 'add', `${file}.pub`);
    expect(nameless.all).toMatch(/^error: "\S+" is a file; .*\nhint: doskara key add <name> \S+\.pub$/);
  });

  test.each<[string, string, string]>([
    ['a name with a quote', 'a"b', 'is not a valid key name'],
    ['a name with a space', 'a b', 'is not a valid key name'],
  ])('refuses %s', async (_, name, said) => {
    const { exitCode, all } = await use.platform.doskara(
      'key',
      'add',
      name,
      join(use.platform.folder, 'pusher/id_ed25519.pub'),
    );
    expect(exitCode).toBe(2);
    expect(all).toContain(said);
  });

  test('refuses anything but one public key: private keys, leading options, two keys', async () => {
    const key = readFileSync(join(use.platform.folder, 'pusher/id_ed25519.pub'), 'utf8').trim();
    const file = join(use.platform.folder, 'odd.pub');
    for (const text of ['hello', `command="sh" ${key}`, `${key}\n${key}`, '', 'ssh-ed25519 AAAA']) {
      writeFileSync(file, text);
      const { exitCode, all } = await use.platform.doskara('key', 'add', 'odd', file);
      expect(exitCode).toBe(2);
      expect(all).toContain('not a single public ssh key');
    }
  });
});

describe("a pusher's key", () => {
  const ssh = async (...args: string[]) => {
    const folder = join(use.platform.folder, 'pusher');
    const url = (await (await use.platform.app('served')).git('remote', 'get-url', 'doskara')).stdout;
    const [, user = '', port = ''] = /^ssh:\/\/([^@]+)@127\.0\.0\.1:(\d+)/.exec(url) ?? [];
    return execa('ssh', ['-F', join(folder, 'ssh_config'), '-p', port, `${user}@127.0.0.1`, ...args], {
      all: true,
      reject: false,
      input: '',
    });
  };

  test.each([
    ['id'],
    ["git-receive-pack '/etc'"],
    ["git-receive-pack '../served.git'"],
    ["git-receive-pack 'served.git'; id"],
    ["git-receive-pack 'served.git' --x"],
    ["git-upload-pack '$(id)'"],
    ["git-shell -c 'id'"],
    ["git-upload-pack 'serv\ned'"],
  ])('does not run %j', async (command) => {
    const { exitCode, all } = await ssh(command);
    expect(exitCode).toBe(2);
    expect(all).toMatch(/^error: /);
    expect(all).not.toContain('uid=');
  });

  test('gets a greeting without a command, and can fetch and clone', async () => {
    expect((await ssh()).all).toContain('Hello alice!');
    const app = await use.platform.app('fetched');
    await app.push();
    const { exitCode } = await app.git('fetch', 'doskara');
    expect(exitCode).toBe(0);
  });
});

test('every command explains itself, and an unknown one exits with 2', async () => {
  for (const args of [[], ['create'], ['replay'], ['hook', 'install'], ['key', 'add']])
    expect((await use.platform.doskara(...args, '--help')).stdout).toContain('Usage: doskara');
  const wrong = await use.platform.doskara('craete');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.all).toContain('Did you mean create?');
});

test('a hook that is not executable is not kept', async () => {
  const path = await foreignRepository('asleep');
  mkdirSync(join(path, 'hooks'), { recursive: true });
  writeFileSync(hookOf(path), 'not a program');
  chmodSync(hookOf(path), 0o644);
  await use.platform.doskara('hook', 'install', 'asleep');
  const app = await use.platform.app('asleep-clone');
  await app.git('remote', 'set-url', 'doskara', `file://${path}`);
  const { all } = await app.git('push', 'doskara', 'HEAD:side');
  expect(all).toContain('nothing to build');
});
