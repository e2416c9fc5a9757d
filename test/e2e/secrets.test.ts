import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { BASE_IMAGE } from '../rig/engine.ts';
import { readBlobs } from '../rig/image.ts';
import { hideBuildx, pushToOlderRunner } from '../rig/older-factory.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';
import { makeKey } from '../rig/sshd.ts';

const use = usePlatform();
const TOKEN = 'canary-7c1f-of-the-token';
/** A build may use it, but does not print it: what a build prints is in BuildKit's own record of it. */
const QUIET = 'canary-9e4d-of-the-quiet-one';
const PEM = '-----BEGIN CANARY-----\nY2FuYXJ5IG9mIHRoZSBrZXk\n-----END CANARY-----\n';

const doskara = (...args: string[]) => use.platform.doskara(...args);
const give = (input: string, ...args: string[]) =>
  execa(join(DIST, 'doskara'), ['secret', 'set', ...args], {
    env: { HOME: use.platform.portHome },
    input,
    all: true,
    reject: false,
  });
const stored = () => readdirSync(join(use.platform.folder, 'spool/secrets'), { recursive: true, encoding: 'utf8' });

/** All command lines that were seen until `work` had ended. */
async function commandLinesDuring<T>(work: Promise<T>): Promise<[T, string]> {
  const seen = new Set<string>();
  const look = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // it has ended
      }
  }, 20);
  try {
    return [await work, [...seen].join('\n')];
  } finally {
    clearInterval(look);
  }
}

const BUILD = `echo "names: $DOSKARA_SECRETS"
token=$(cat /run/secrets/NPM_TOKEN)
echo "value $token, \${#token} characters"
printf "%.9s" "$token"; sleep 0.3; echo "\${token#?????????}"
cat /run/secrets/PEM
[ -S "$SSH_AUTH_SOCK" ] && echo "there is an agent"
echo "$token" | wc -c > length
head -c 20 /run/secrets/QUIET | grep -q canary-9e4d && echo "it is there"
`;

test('build.sh reads secrets, which no image, log, record, cache or command line has', async () => {
  const app = await use.platform.app('shop', { 'build.sh': BUILD, 'run.sh': 'cat length\n' });
  const key = join(use.platform.folder, 'deploy-key');
  await makeKey(key);
  const first = await give(TOKEN, 'shop', 'NPM_TOKEN');
  expect(first.all).toMatch(/^set NPM_TOKEN of shop on factory\nhint: a cached step does not run again /);
  expect(first.exitCode).toBe(0);
  await give(PEM, 'shop', 'PEM');
  await give(QUIET, 'shop', 'QUIET');
  expect((await give(readFileSync(key, 'utf8'), 'shop', '--ssh')).all).toBe(
    'set the ssh key of shop on factory\nhint: for builds to use it: doskara config shop ssh default',
  );
  await doskara('config', 'shop', 'ssh', 'default');

  const [{ lines, text }, commands] = await commandLinesDuring(app.push());
  expect(lines).toContain('       names: NPM_TOKEN PEM QUIET');
  expect(lines).toContain(`       value [secret NPM_TOKEN], ${TOKEN.length} characters`);
  expect(lines).toContain('       [secret NPM_TOKEN]');
  expect(lines.filter((line) => line === '       [secret PEM]')).toHaveLength(3);
  expect(lines).toContain('       there is an agent');
  expect(lines).toContain('       it is there');
  expect(lines.at(-1)).toMatch(/^success: shop build 1 built/);

  const keyLine = readFileSync(key, 'utf8').split('\n')[2] ?? '';
  const quiet = [QUIET, keyLine];
  const canaries = [TOKEN, 'Y2FuYXJ5IG9mIHRoZSBrZXk', ...quiet];
  expect(commands).toMatch(/--secret=id=NPM_TOKEN,src=\//);
  const repository = join(use.platform.repository('shop'), 'doskara');
  const blobs = await readBlobs(use.platform.shared.registry, 'shop');
  const image = `${use.platform.shared.registry}/shop`;
  await use.platform.docker('pull', '--quiet', image);
  const saved = join(use.platform.folder, 'shop.tar');
  await use.platform.docker('save', '--output', saved, image);
  const history = (await use.platform.docker('history', '--no-trunc', image)).all;
  expect(history).toContain('DOSKARA_SECRETS=NPM_TOKEN PEM QUIET');
  const { stdout: dataRoot } = await use.platform.docker('info', '--format', '{{.DockerRootDir}}');
  for (const canary of canaries) {
    expect(text).not.toContain(canary);
    expect(commands).not.toContain(canary);
    expect(history).not.toContain(canary);
    expect(blobs.filter((blob) => blob.includes(canary))).toEqual([]);
    const places = [repository, saved, ...(quiet.includes(canary) ? [dataRoot] : [])];
    expect((await execa('grep', ['-rlaF', '-e', canary, ...places], { reject: false })).stdout).toBe('');
  }
  expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe(`${TOKEN.length + 1}`);
  // BuildKit 20.10 leaves empty files where mounts were
  const left = ['run', '--rm', '--network=none', image, 'find', '/run', '-type', 'f', '-exec', 'cat', '{}', ';'];
  expect((await use.platform.docker(...left)).stdout).toBe('');
  for (const path of stored().map((name) => join(use.platform.folder, 'spool/secrets', name)))
    expect(statSync(path).mode & 0o077, path).toBe(0);
});

test('a Dockerfile mounts those that it wants; a new value alone runs no step again', async () => {
  const Dockerfile = `FROM ${BASE_IMAGE}\nRUN --mount=type=secret,id=NPM_TOKEN cat /run/secrets/NPM_TOKEN | wc -c\nCMD ["true"]\n`;
  const app = await use.platform.app('own', { Dockerfile });
  await give(TOKEN, 'own', 'NPM_TOKEN');
  expect((await app.push()).lines).toContain(`       ${TOKEN.length}`);
  await give('123456', 'own', 'NPM_TOKEN');
  expect((await doskara('replay', 'own')).all).toContain("nothing changed: using Docker's build cache");
  expect((await doskara('replay', 'own', '--no-cache')).all).toContain('\n       6\n');
});

test('secrets are listed by name, removed, kept by a rename, and gone with their app', async () => {
  const app = await use.platform.app('first', { 'build.sh': 'ls /run/secrets 2>&1 || true\n', 'run.sh': '' });
  for (const name of ['A', 'B']) await give('123456', 'first', name);
  await doskara('rename', 'first', 'second');
  const { stdout: url } = await app.git('remote', 'get-url', 'doskara');
  await app.git('remote', 'set-url', 'doskara', url.replace(/first$/, 'second'));
  expect((await doskara('secret', 'remove', 'second', 'A')).all).toBe('removed A of second from factory');
  expect((await doskara('secret', 'list', 'second')).stdout).toMatch(/^B\t\d{4}-\S+Z\tfactory$/);
  expect(JSON.parse((await doskara('secret', 'list', 'second', '--json')).stdout)).toEqual([
    { name: 'B', set: expect.any(String), factories: ['factory'], older: [] },
  ]);
  const { lines } = await app.push();
  expect(lines).toContain('       B');
  expect(lines).not.toContain('       A');

  const [id = ''] = stored().filter((name) => name.endsWith('/B'));
  expect(id).not.toBe('');
  expect((await doskara('destroy', 'second', '--yes')).stdout).toContain('removed the secrets of second from factory');
  expect(stored()).not.toContain(id);
  await doskara('create', 'second');
  await app.git('push', '--force', 'doskara', 'main');
  expect(use.platform.log('second', 1)).toContain('/run/secrets: No such file');
  expect((await doskara('secret', 'list', 'second', '--json')).stdout).toBe('[]');
});

test('a factory that is down is named, and has the secret once it is set again', async () => {
  const app = await use.platform.app('two', { 'build.sh': '', 'run.sh': '' });
  await doskara('config', 'two', 'factory', 'factory');
  await doskara('config', 'two', 'factory', 'nowhere.invalid', '--add');
  const { exitCode, stdout, stderr } = await give('123456', 'two', 'A');
  expect(stdout).toBe('set A of two on factory');
  expect(stderr).toMatch(
    /^error: A of two is not set on nowhere\.invalid: .*\nhint: .*\n?.*then again: doskara secret set two A$/,
  );
  expect(exitCode).toBe(4);
  expect((await doskara('secret', 'list', 'two')).stderr).toBe(
    'warning: A is not set on nowhere.invalid\nhint: doskara secret set two A',
  );
  await doskara('config', 'two', 'factory', 'factory');
  const removed = await doskara('secret', 'remove', 'two', 'A');
  expect(removed.exitCode).toBe(4);
  expect((await app.push()).lines.at(-1)).toMatch(/^success: two build 1 built/);
});

test('a secret that no factory took stops builds until it is set or removed', async () => {
  const app = await use.platform.app('untold', { 'build.sh': 'wc -c </run/secrets/A\n', 'run.sh': '' });
  const set = async (factory: string, value: string) => {
    await doskara('config', 'untold', 'factory', factory);
    return (await give(value, 'untold', 'A')).exitCode;
  };
  expect(await set('nowhere.invalid', '123456')).toBe(4);
  await doskara('config', 'untold', 'factory', 'factory');
  expect((await doskara('secret', 'list', 'untold')).stderr).toContain('warning: A is not set on factory');
  const { text } = await app.push();
  expect(text).toContain('error: this factory does not have A of untold');
  expect(text).toContain('hint: tell an admin');
  expect(use.platform.log('untold', 1)).toContain('hint: on port: doskara secret set untold A');
  expect(use.platform.record('untold', 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });

  expect(await set('factory', '123456')).toBe(0);
  await doskara('reconcile', 'untold');
  expect(use.platform.log('untold', 2)).toMatch(/ 6$/m);
  // while no factory answers, a value that one already has stays in use
  expect(await set('nowhere.invalid', '12')).toBe(4);
  await doskara('config', 'untold', 'factory', 'factory');
  const { all } = await doskara('replay', 'untold', '--no-cache');
  expect(all).toContain('warning: factory may have an older value of A');
  expect(all).toContain('\n       6\n');
  expect((await doskara('secret', 'remove', 'untold', 'A')).exitCode).toBe(4);
  expect((await doskara('secret', 'list', 'untold')).stderr).toMatch(/^warning: no build gets A, .*nowhere\.invalid\n/);
  expect((await doskara('replay', 'untold', '--no-cache')).exitCode).toBe(1);
});

test('what is no name, no value or no key is refused, and so is a build that lacks a secret', async () => {
  const app = await use.platform.app('wrong', { 'build.sh': '', 'run.sh': '' });
  const refused = async (input: string, ...args: string[]) => {
    const { exitCode, all } = await give(input, 'wrong', ...args);
    expect(exitCode).toBe(2);
    return all;
  };
  expect(await refused('x', 'A,src=/etc/shadow')).toContain('is not a name of a secret');
  expect(await refused('', 'A')).toContain('error: the value of the secret is empty');
  expect(await refused('x'.repeat(65_537), 'A')).toContain('is larger than 64 KB');
  expect(await refused('x')).toContain('give the name of a secret, or --ssh');
  expect(await refused('ssh-ed25519 AAAA', '--ssh')).toContain('not a private ssh key without a passphrase');
  expect((await doskara('secret', 'remove', 'wrong', 'A')).all).toContain('error: wrong has no secret A');
  expect((await give('x'.repeat(65_536), 'wrong', 'A')).exitCode).toBe(0);
  await asRoot('rm', '-r', join(use.platform.folder, 'spool/secrets'));
  const { text } = await app.push();
  expect(text).toContain("error: this factory does not have A of wrong; this is not your app's fault");
  expect(use.platform.record('wrong', 1)).toMatchObject({ exitCode: 4 });
  await app.commit({});
  expect((await pushToOlderRunner(use.platform, app)).text).toContain('the runner on factory is older than port');
});

test('the classic builder cannot give secrets, and says so before it builds', async () => {
  hideBuildx(use.platform);
  const app = await use.platform.app('classic', { 'build.sh': 'ls /run/secrets\n', 'run.sh': '' });
  await give(TOKEN, 'classic', 'A');
  const { text } = await app.push();
  if (inject('release') === 'forky')
    expect(text).toContain('error: this Docker has no BuildKit, which the secrets of classic need');
  else expect(text).toContain('\n       A\n');
});
