import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { BASE_IMAGE } from '../rig/engine.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { makeKey } from '../rig/sshd.ts';

const use = usePlatform();

describe('a factory that port cannot use', () => {
  test('with an unknown host key is refused, with its fingerprint and the command that pins it', async () => {
    const app = await use.platform.app('unknown-key');
    rmSync(use.platform.knownHosts);
    const { text, lines } = await app.push();
    const { stdout } = await execa('ssh-keygen', ['-lf', join(use.platform.folder, 'factory/host_key.pub')]);
    const fingerprint = stdout.split(' ')[1] ?? 'none';
    const error = `error: the host key of factory is unknown (ssh-ed25519 ${fingerprint})`;
    expect(text).toContain(`${error}; this is not your app's fault\nhint: tell an admin\n`);
    expect(lines.at(-1)).toMatch(/^error: unknown-key build 1 lost in \S+ s; it will be built again within 5 minutes$/);
    const { all } = await use.platform.doskara('replay', 'unknown-key');
    expect(all).toMatch(/^hint: .*ssh-keyscan -p \d+ 127\.0\.0\.1 >> /m);
    const pin = /ssh-keyscan .*$/m.exec(all)?.[0] ?? '';
    await execa('sh', ['-c', pin]);
    expect((await use.platform.doskara('replay', 'unknown-key')).exitCode).toBe(0);
  });

  test('with a changed host key is refused, with a loud warning', async () => {
    const app = await use.platform.app('changed-key');
    const other = join(use.platform.folder, 'other_key');
    await makeKey(other);
    const { stdout: key } = await execa('cut', ['-d ', '-f1,2', `${other}.pub`]);
    writeFileSync(use.platform.knownHosts, `[127.0.0.1]:${use.platform.factory.sshPort} ${key}\n`);
    const { text, lines } = await app.push();
    expect(text).toContain('error: the host key of factory has CHANGED');
    expect(use.platform.log('changed-key', 1)).toContain(`ssh-keygen -R '[127.0.0.1]:${use.platform.factory.sshPort}'`);
    expect(lines.at(-1)).toMatch(/^error: changed-key build 1 lost/);
  });

  test("that does not accept port's key", async () => {
    await use.platform.factory.stop();
    await use.platform.startFactory();
    writeFileSync(use.platform.factory.authorizedKeys, '');
    const app = await use.platform.app('no-key');
    const { text } = await app.push();
    expect(text).toMatch(
      /^error: the factory factory \(\S+@127\.0\.0\.1:\d+\) does not accept port's key; this is not your app's fault$/m,
    );
    expect(use.platform.log('no-key', 1)).toContain(' hint: on the factory: ./install.sh factory --authorize KEY.pub');
  });

  test('that is down: three announced attempts, a record that says lost, and a replay that builds later', async () => {
    await use.platform.factory.stop();
    const app = await use.platform.app('down');
    const { text, lines } = await app.push();
    expect(text.match(/^warning: the factory .* cannot be reached: .*; retrying in \d s$/gm)).toHaveLength(2);
    expect(text).toMatch(/^error: the factory .* cannot be reached/m);
    expect(lines.at(-1)).toMatch(/^error: down build 1 lost/);
    expect(use.platform.record('down', 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });
    await use.platform.startFactory();
    expect((await use.platform.doskara('replay', 'down')).exitCode).toBe(0);
  });

  test('that is one of several: the next one is tried', async () => {
    const app = await use.platform.app('second-factory');
    const config = (...args: string[]) =>
      execa('git', ['-C', use.platform.repository('second-factory'), 'config', ...args]);
    await config('doskara.factory', 'ssh://nobody@127.0.0.1:1');
    await config('--add', 'doskara.factory', 'factory');
    const { text, lines } = await app.push();
    expect(text).toMatch(/^warning: .*; trying factory$/m);
    expect(lines.at(-1)).toMatch(/^success: second-factory build 1 built/);
    expect(use.platform.record('second-factory', 1)).toMatchObject({ factory: 'factory' });
  });
});

test('a proxy command is refused rather than ignored; a jump host is used', async () => {
  const app = await use.platform.app('proxied');
  const config = join(use.platform.portHome, 'ssh_config');
  const good = readFileSync(config, 'utf8');
  writeFileSync(config, `Host factory\n  ProxyCommand nc %h %p\n${good}`);
  expect((await app.push()).text).toContain('sets proxycommand, which Doskara does not support');
  // the forced command refuses to forward, so the jump is tried and fails there
  writeFileSync(config, `${good}  ProxyJump jump\nHost jump\n  HostName 127.0.0.1\n  Port 1\n`);
  expect((await use.platform.doskara('replay', 'proxied')).all).toMatch(/cannot be reached/);
  writeFileSync(config, good);
});

async function restartFactory(env: Record<string, string>): Promise<void> {
  use.platform.setFactory(env);
  await use.platform.factory.stop();
  await use.platform.startFactory();
}

test("a base image that does not exist is not the app's fault, and an admin's replay shows what to do", async () => {
  const app = await use.platform.app('baseless');
  const { registry } = use.platform.shared;
  await restartFactory({ DOSKARA_BASE_IMAGE: `${registry}/bokworm:1` });
  const { text, lines } = await app.push();
  const error = `error: the factory cannot build: base image ${registry}/bokworm:1 not found; this is not your app's fault`;
  expect(text).toContain(`${error}\nhint: tell an admin\n`);
  expect(lines.at(-1)).toMatch(/^error: baseless build 1 lost in \S+ s; it will be built again within 5 minutes$/);
  const { all, exitCode } = await use.platform.doskara('replay', 'baseless');
  expect(all).toContain(`${error}\nhint: on the factory: docker pull ${registry}/bokworm:1; or set DOSKARA_BASE_IMAGE`);
  expect(exitCode).toBe(4);
  await restartFactory({ DOSKARA_BASE_IMAGE: BASE_IMAGE });
  expect((await use.platform.doskara('reconcile', 'baseless')).all).toMatch(/^success: baseless build 3 built/m);
});

test('a warehouse that is down: the image was built, and the hint says what to do', async () => {
  const app = await use.platform.app('unsold');
  await restartFactory({ DOSKARA_REGISTRY: '127.0.0.1:1' });
  const { text, lines } = await app.push();
  expect(text).toMatch(
    /^error: 127\.0\.0\.1:1\/unsold(?::\w+)? was built, but the push to the warehouse failed: .*connection refused/m,
  );
  expect(use.platform.log('unsold', 1)).toMatch(/ hint: is the registry running/m);
  expect(lines.at(-1)).toMatch(/^error: unsold build 1 lost/);
  expect(use.platform.record('unsold', 1)).toMatchObject({ exitCode: 5 });
  await restartFactory({ DOSKARA_REGISTRY: use.platform.shared.registry });
});

test('a missing object cuts the archive short, and what was sent is not built', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`f${i}`, Buffer.alloc(200_000, `${i}${Math.random()}`)]),
  );
  const app = await use.platform.app('holed', { 'build.sh': 'true', 'run.sh': 'true', ...files });
  const config = ['-C', use.platform.repository('holed'), 'config'];
  await execa('git', [...config, 'transfer.unpackLimit', '1000']);
  await app.push('HEAD:other');
  const blob = (await app.git('rev-parse', 'HEAD:f7')).stdout;
  rmSync(join(use.platform.repository('holed'), 'objects', blob.slice(0, 2), blob.slice(2)));
  const { all, exitCode } = await use.platform.doskara('replay', 'holed', 'other');
  expect(all).toContain('error: git archive of');
  expect(exitCode).toBe(4);
  expect(await use.platform.latestRevision('holed')).toBe('');
});
