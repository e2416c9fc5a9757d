/** A full disk on port: errors name the next step, and no accepted push is forgotten. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { gatedApp, gitOnPort, headOf, untilLogged } from '../rig/gate.ts';
import { type Go, makeGo } from '../rig/go.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { ownProcessesOf } from '../rig/proc.ts';
import { fillingUp, mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';
import { makeKey } from '../rig/sshd.ts';

const use = usePlatform();
let disk: SmallDisk;
let home: string;
let go: Go;

beforeAll(async () => {
  disk = await mountSmallDisk(use.platform.root, 24 * 1024 * 1024);
  home = join(disk.folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.gitconfig'), readFileSync(join(use.platform.portHome, '.gitconfig')));
  go = await makeGo(use.platform);
});
afterEach(async () => {
  await disk.empty();
  go.stop();
});
afterAll(() => disk?.[Symbol.asyncDispose]());

const lastBuild = async (app: string) => {
  const { stdout } = await use.platform.doskara('builds', app, '--json');
  return (JSON.parse(stdout) as { number: number; outcome: string }[])[0];
};
/** Builds the same head once there is space. */
async function expectMadeUp(app: string, number: number): Promise<void> {
  await disk.empty();
  go.give();
  const { all, exitCode } = await use.platform.doskara('reconcile', app);
  expect(all).toMatch(new RegExp(`^success: ${app} build ${number} built`, 'm'));
  expect(exitCode).toBe(0);
  expect(await use.platform.latestRevision(app)).toBe(
    (await gitOnPort(use.platform, app, 'rev-parse', 'refs/heads/main')).stdout,
  );
}

describe('a disk that fills up', () => {
  test('during a build makes it lost, and reconcile builds it once there is space', async () => {
    const script = `echo started\n${go.wait}\nyes ${'0123456789'.repeat(30)} | head -n 300\n`;
    const app = await use.platform.app('chatty', { 'build.sh': script, 'run.sh': 'true\n' });
    const push = app.push();
    await untilLogged(use.platform, 'chatty', 1, 'started');
    await disk.fillUp();
    go.give();
    const { text, lines } = await push;
    expect(text).toMatch(
      /^error: port's disk is full: cannot write \S+\/doskara\/builds\/1\.log; this is not your app's fault$/m,
    );
    expect(text).toMatch(/^hint: tell an admin$/m);
    expect(text).not.toMatch(/a bug of|Warning/); // node warns about files left open
    expect(lines.at(-1)).toMatch(/^error: chatty build 1 lost in/);
    expect(await lastBuild('chatty')).toMatchObject({ number: 1, outcome: 'lost' });
    await expectMadeUp('chatty', 2);
  });

  test('before a good build is recorded makes it lost, and reconcile builds it once there is space', async () => {
    const app = await use.platform.app('terse', { 'build.sh': `echo started\n${go.wait}\n`, 'run.sh': 'true\n' });
    const push = app.push();
    await untilLogged(use.platform, 'terse', 1, 'started');
    await disk.fillUp();
    go.give();
    const { text, lines } = await push;
    expect(text).toMatch(
      /^error: port's disk is full: cannot write \S+\/doskara\/builds\/1\.json; this is not your app's fault$/m,
    );
    expect(lines.at(-1)).toMatch(/^error: terse build 1 lost in/);
    expect(await lastBuild('terse')).toMatchObject({ number: 1, outcome: 'lost' });
    expect(readdirSync(join(use.platform.repository('terse'), 'doskara/builds'))).toEqual(['1.json', '1.log']);
    await expectMadeUp('terse', 2);
  });

  test('just after git accepted a push leaves no record, and reconcile builds it once there is space', async () => {
    const app = await use.platform.app('taken');
    const kept = join(use.platform.repository('taken'), 'hooks/post-receive.kept');
    writeFileSync(kept, `#!/bin/sh\n${fillingUp(disk.folder)}\n`, { mode: 0o755 });
    const { text, exitCode } = await app.push();
    expect(exitCode).toBe(0);
    expect(text).toMatch(
      /^error: port's disk is full: cannot write \S+\/taken\.git\/doskara\S*; this is not your app's fault\nhint: tell an admin$/m,
    );
    expect(text).not.toContain('a bug of');
    rmSync(kept);
    await expectMadeUp('taken', 1);
  });
});

test('makes the gate reject what cannot be recorded, and accept it once there is space', async () => {
  const app = await gatedApp(use.platform, 'gated', { 'build.sh': `echo started\n${go.wait}\n`, 'run.sh': 'true\n' });
  const push = app.push();
  await untilLogged(use.platform, 'gated', 1, 'started');
  await disk.fillUp();
  go.give();
  const { text, lines, exitCode } = await push;
  expect(text).toMatch(
    /^error: port's disk is full: cannot write \S+\/doskara\/builds\/1\.json; this is not your app's fault$/m,
  );
  expect(text).toMatch(/^error: push rejected: no ref was updated \(main was not created\)$/m);
  expect(lines.at(-1)).toMatch(/^error: gated build 1 lost in/);
  expect(exitCode).not.toBe(0);
  expect(await headOf(use.platform, 'gated')).toBe('');
  await disk.empty();
  expect((await app.push()).lines.at(-1)).toMatch(/^success: gated build 2 built/);
  expect(await headOf(use.platform, 'gated')).toBe((await app.git('rev-parse', 'HEAD')).stdout);
});

describe('on a full disk', () => {
  const expectFull = ({ exitCode, all }: { exitCode?: number; all: string }) => {
    expect(all).toMatch(
      /^error: port's disk is full(?:: cannot write \S+)?\nhint: on port, free some space: df -h \S+$/m,
    );
    expect(all).not.toContain('a bug of');
    expect(exitCode).toBe(4);
  };

  test('doskara create, hook install and replay report it, and leave nothing half done', async () => {
    const app = await use.platform.app('there');
    await app.push();
    const foreign = use.platform.repository('foreign');
    await execa('git', ['init', '--quiet', '--bare', foreign]);
    const config = readFileSync(join(foreign, 'config'), 'utf8');
    await disk.fillUp();
    expectFull(await use.platform.doskara('create', 'newcomer'));
    expect(existsSync(use.platform.repository('newcomer'))).toBe(false);
    expectFull(await use.platform.doskara('hook', 'install', 'foreign'));
    expect(readFileSync(join(foreign, 'config'), 'utf8')).toBe(config);
    expect(readdirSync(foreign)).not.toContain('config.lock');
    expectFull(await use.platform.doskara('replay', 'there'));
    expect((await use.platform.doskara('list')).stdout).toMatch(/^there\t\w{12}\t\w{12} \(1\)\tbuilt \(build 1\)/m);
    expect((await use.platform.doskara('doctor')).stdout).toMatch(/^error: disk: .* free at /m);
  });

  test('doskara key add and rename report it, and leave all keys unchanged', async () => {
    const key = join(use.platform.folder, 'second');
    await makeKey(key);
    const atHome = (...args: string[]) =>
      execa(join(DIST, 'doskara'), args, { env: { HOME: home }, all: true, reject: false, stdin: 'ignore' });
    await use.platform.doskara('create', 'staying');
    await atHome('key', 'add', 'first', join(use.platform.folder, 'pusher/id_ed25519.pub'), '--apps', 'staying');
    const before = readFileSync(join(home, '.ssh/authorized_keys'), 'utf8');
    await disk.fillUp();
    expectFull(await atHome('key', 'add', 'second', `${key}.pub`));
    expectFull(await atHome('rename', 'staying', 'leaving'));
    expect(readFileSync(join(home, '.ssh/authorized_keys'), 'utf8')).toBe(before);
    expect(readdirSync(join(home, '.ssh'))).toEqual(['authorized_keys', 'doskara.lock']);
    expect(existsSync(use.platform.repository('leaving'))).toBe(false);
    await disk.empty();
    expect((await atHome('key', 'add', 'second', `${key}.pub`)).exitCode).toBe(0);
  });

  test('doskara archive -o reports it, and leaves the file unchanged', async () => {
    const app = await use.platform.app('packed', { 'build.sh': 'true\n', 'run.sh': 'true\n' });
    await app.push();
    const file = join(disk.folder, 'packed.tar');
    writeFileSync(file, 'before');
    await disk.fillUp();
    expectFull(await use.platform.doskara('archive', 'packed', '-o', file));
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(readdirSync(disk.folder).filter((name) => name.startsWith('packed.tar'))).toEqual(['packed.tar']);
    expectFull(await use.platform.doskara('archive', 'packed', '-o', join(disk.folder, 'another.tar')));
    expect(existsSync(join(disk.folder, 'another.tar'))).toBe(false);
  });

  test('doskara cancel still cancels the build', async () => {
    const script = 'echo started; sleep 971\n';
    const app = await use.platform.app('unwanted', { 'build.sh': script, 'run.sh': 'true\n' });
    const push = app.push();
    await untilLogged(use.platform, 'unwanted', 1, 'started');
    await disk.fillUp();
    expectFull(await use.platform.doskara('cancel', 'unwanted'));
    expect((await push).lines.at(-1)).toMatch(/^error: unwanted build 1 (?:cancelled|lost) in/);
    expect(ownProcessesOf(use.platform.folder)).toEqual([]);
    expect(await lastBuild('unwanted')).toMatchObject({ number: 1, outcome: 'lost' });
  });
});
