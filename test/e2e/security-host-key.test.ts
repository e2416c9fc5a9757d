import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { startManInTheMiddle } from '../rig/man-in-the-middle.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { makeKey, publicKey } from '../rig/sshd.ts';

const use = usePlatform();
const folder = mkdtempSync(join(tmpdir(), 'doskara-host-key-'));
const file = (name: string) => join(folder, name);
let app: Clone;

beforeAll(async () => {
  await makeKey(file('other'));
  for (const type of ['rsa', 'ecdsa'])
    for (const name of [type, `other-${type}`])
      await execa('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file(name)]);
  await use.platform.factory.stop();
  await use.platform.startFactory(`HostKey ${file('rsa')}\nHostKey ${file('ecdsa')}`);
  app = await use.platform.app('pinned');
  expect((await app.push()).lines.at(-1)).toMatch(/^success: /);
});
afterAll(() => rmSync(folder, { recursive: true }));

const name = () => `[127.0.0.1]:${use.platform.factory.sshPort}`;
/** `factory` is the factory's ed25519 key; any other word names a key in our folder. */
const line = (args: string) => {
  const [marker = '', key = ''] = args.includes('@') ? args.split(' ') : ['', args];
  const text = key === 'factory' ? use.platform.factory.hostKey : publicKey(file(key));
  return `${marker} ${marker === '' ? name() : '*'} ${text}\n`.trimStart();
};
const logins = () => readFileSync(use.platform.factory.log, 'utf8').split('Accepted publickey').length;
const sshConfig = () => join(use.platform.portHome, 'ssh_config');

/** Replays with these lines in known_hosts, and with `change` applied to port's ssh config. */
async function replayWith(lines: string[], change: (config: string) => string = (config) => config) {
  const before = { config: readFileSync(sshConfig(), 'utf8'), logins: logins() };
  writeFileSync(use.platform.knownHosts, lines.map(line).join(''));
  writeFileSync(sshConfig(), change(before.config));
  const { exitCode, all } = await use.platform.doskara('replay', 'pinned');
  writeFileSync(sshConfig(), before.config);
  return { exitCode, all, loggedIn: logins() > before.logins };
}

describe('the factory is refused and gets no login', () => {
  const careless = (config: string) => config.replace('Port ', 'StrictHostKeyChecking no\n  Port ');
  test.each<[string, string[], string, ((config: string) => string)?]>([
    ['when its key is unknown', [], 'is unknown (ssh-ed25519 SHA256:'],
    ['when its key is unknown, even if ssh would not ask', [], 'is unknown', careless],
    ['when its key has changed', ['other'], 'has CHANGED: possible man-in-the-middle attack (ssh-ed25519 SHA256:'],
    ['when its key has changed, even if ssh would not ask', ['other'], 'has CHANGED', careless],
    [
      'when the key of another type has changed',
      ['other-rsa'],
      'has CHANGED: possible man-in-the-middle attack (ssh-rsa',
    ],
    ['when its key is revoked', ['@revoked factory'], 'is revoked'],
    ['when its key is pinned and revoked', ['factory', '@revoked factory'], 'is revoked'],
    [
      'when only a certificate authority is pinned',
      ['@cert-authority other'],
      'certificate authority, which Doskara cannot verify',
    ],
    [
      'when its own key is pinned only as a certificate authority',
      ['@cert-authority factory'],
      'authority, which Doskara cannot verify',
    ],
  ])('%s', async (_, lines, said, change) => {
    const { exitCode, all, loggedIn } = await replayWith(lines, change);
    expect(exitCode).toBe(4);
    expect(all).toContain(`error: the host key of factory`);
    expect(all).toContain(said);
    expect(all).toMatch(/^hint: .*(?:ssh-keyscan|new host key)/m);
    expect(loggedIn).toBe(false);
  });

  test('when a second known_hosts file revokes the key that the first one pins', async () => {
    writeFileSync(file('revoking'), line('@revoked factory'));
    const both = (config: string) =>
      config.replace(/UserKnownHostsFile (.*)/, `UserKnownHostsFile $1 ${file('revoking')}`);
    const { all, loggedIn } = await replayWith(['factory'], both);
    expect(all).toContain('is revoked');
    expect(loggedIn).toBe(false);
  });

  test('when it shows a key of a type that is not pinned, and no pinned one', async () => {
    await use.platform.factory.stop();
    await use.platform.startFactory();
    const { all, loggedIn } = await replayWith(['rsa', 'ecdsa']);
    expect(all).toContain('has another type than the pinned ones: possible man-in-the-middle attack (ssh-ed25519');
    expect(loggedIn).toBe(false);
    await use.platform.factory.stop();
    await use.platform.startFactory(`HostKey ${file('rsa')}\nHostKey ${file('ecdsa')}`);
  });
});

describe('the factory is trusted', () => {
  test.each([['factory'], ['rsa'], ['ecdsa']])('when only %s of its several keys is pinned', async (key) => {
    expect(await replayWith([key])).toMatchObject({ exitCode: 0, loggedIn: true });
  });

  test('when its hashed name is pinned, but not when the key behind it has changed', async () => {
    for (const [key, code] of [
      ['factory', 0],
      ['other', 4],
    ] as const) {
      writeFileSync(file('hashed'), line(key));
      await execa('ssh-keygen', ['-H', '-f', file('hashed')]);
      expect(readFileSync(file('hashed'), 'utf8')).toMatch(/^\|1\|/);
      const hashed = (config: string) =>
        config.replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${file('hashed')}`);
      expect((await replayWith([], hashed)).exitCode).toBe(code);
    }
  });

  test('when the second of several files pins it and the first one is missing', async () => {
    writeFileSync(file('second'), line('factory'));
    const several = (config: string) =>
      config.replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${file('missing')} ${file('second')}`);
    expect((await replayWith([], several)).exitCode).toBe(0);
  });
});

test('a man in the middle who relays to the real factory learns nothing', async () => {
  await makeKey(file('mans-key'));
  const { factory } = use.platform;
  const own = readFileSync(factory.authorizedKeys, 'utf8').split(' ssh-ed25519')[0];
  writeFileSync(factory.authorizedKeys, `${own} ${publicKey(file('mans-key'))}\n`, { flag: 'a' });
  const man = await startManInTheMiddle(file('other'), factory, file('mans-key'));
  const through = (config: string) => config.replace(/Port \d+/, `Port ${man.sshPort}`);
  const pin = (key: string) => `[127.0.0.1]:${man.sshPort} ${key}\n`;
  const before = readFileSync(sshConfig(), 'utf8');
  writeFileSync(sshConfig(), through(before));

  writeFileSync(use.platform.knownHosts, pin(factory.hostKey));
  const loginsBefore = logins();
  await app.commit({ more: 'of it' });
  const { text, lines } = await app.push();
  expect(text).toContain('error: the host key of factory has CHANGED: possible man-in-the-middle attack');
  expect(lines.at(-1)).toMatch(/^error: pinned build \d+ lost/);
  expect(man.heard).toEqual([]);
  expect(logins()).toBe(loginsBefore);

  // it relays faithfully: with its key trusted, the build succeeds
  writeFileSync(use.platform.knownHosts, pin(publicKey(file('other'))));
  expect((await use.platform.doskara('replay', 'pinned')).exitCode).toBe(0);
  expect(man.heard).toContainEqual(expect.stringMatching(/^\/usr\/local\/doskara\/build\.sh .*\bpinned$/));
  writeFileSync(sshConfig(), before);
  await man.stop();
});
