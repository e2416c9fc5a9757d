import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test, vi } from 'vitest';
import { gitOnPort, untilLogged } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

describe('a command of build.sh that fails', () => {
  test('ends the build, and the old image stays the latest', async () => {
    const app = await use.platform.app('stops', { 'build.sh': 'true\n', 'run.sh': 'true\n' });
    const good = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.push();
    await app.commit({ 'build.sh': 'no-such-program ci\necho still building\n' });
    const { text, lines } = await app.push();
    expect(text).toContain('no-such-program: not found');
    expect(text).not.toContain('still building');
    expect(lines).toContain('error: build.sh failed with exit code 127');
    expect(lines.at(-1)).toMatch(/^error: stops build 2 failed/);
    expect(await use.platform.latestRevision('stops')).toBe(good);
  });

  test('ends nothing in a script with a shebang, which decides for itself, nor in run.sh', async () => {
    const app = await use.platform.app('goes-on', {
      'build.sh': '#!/bin/sh\nfalse\necho still building\n',
      'run.sh': 'false\necho still running\n',
    });
    await app.git('update-index', '--chmod=+x', 'build.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    const { text, lines } = await app.push();
    expect(text).toContain('       still building');
    expect(lines.at(-1)).toMatch(/^success: goes-on build 1 built/);
    const image = `${use.platform.shared.registry}/goes-on`;
    expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe('still running');
  });
});

describe('an image that cannot start run.sh is not pushed', () => {
  test.each([
    ['typo', '#!/bin/hs\ntrue\n', 'run.sh needs /bin/hs, which is not in the image'],
    ['env', '#!/bin/env node\ntrue\n', 'run.sh needs node, which is not in the image'],
  ])('%s', async (name, run, message) => {
    const app = await use.platform.app(name, { 'build.sh': 'echo built\n', 'run.sh': run });
    await app.git('update-index', '--chmod=+x', 'run.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    const { lines, text } = await app.push();
    expect(lines).toContain('       built');
    expect(lines).toContain(`error: ${message}`);
    expect(text).toMatch(/^hint: fix the shebang, or install it in build\.sh/m);
    expect(text).not.toContain('doskara-run-check');
    expect(lines.at(-1)).toMatch(new RegExp(`^error: ${name} build 1 failed in`));
    expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'failed', exitCode: 1, error: message });
    expect(await use.platform.latestRevision(name)).toBe('');
  });

  test('what build.sh installs counts, and what it breaks', async () => {
    const app = await use.platform.app('made', {
      'build.sh': 'mkdir /opt; ln -s /bin/sh /opt/sh\n',
      'run.sh': '#!/opt/sh\necho made\n',
    });
    await app.git('update-index', '--chmod=+x', 'run.sh');
    await app.git('commit', '--amend', '--quiet', '--no-edit');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: made build 1 built/);
    const image = `${use.platform.shared.registry}/made`;
    expect((await use.platform.docker('run', '--rm', '--network=none', image)).stdout).toBe('made');
    await app.commit({ 'build.sh': 'echo "if true; then" >>run.sh; mkdir /opt; ln -s /bin/sh /opt/sh\n' });
    expect((await app.push()).text).toMatch(/^error: run\.sh has a syntax error/m);
    await app.commit({ 'build.sh': 'rm run.sh\n' });
    expect((await app.push()).lines).toContain('error: run.sh is not in the image: build.sh removed it');
  });
});

describe('doskara.check', () => {
  const checked = async (name: string, run: string, seconds: string) => {
    const app = await use.platform.app(name, { 'build.sh': 'echo built once\n', 'run.sh': run });
    await gitOnPort(use.platform, name, 'config', 'doskara.check', seconds);
    return app;
  };
  const containers = async () =>
    (await use.platform.docker('ps', '--all', '--quiet', '--filter=name=doskara-check-')).stdout;
  const running = async () => (await use.platform.docker('ps', '--quiet', '--filter=name=doskara-check-stuck')).stdout;
  const images = async () => (await use.platform.docker('images', '--quiet', 'doskara-check/*')).stdout;
  const noneLeft = async () => {
    expect(await containers()).toBe('');
    expect(await images()).toBe('');
    expect(readdirSync(join(use.platform.folder, 'spool/checks'))).toEqual([]);
  };

  test('pushes an image that runs that long, or ends with 0', async () => {
    const app = await checked('lives', 'exec sleep 300\n', '1s');
    const { text, lines } = await app.push();
    expect(text.match(/built once/g)).toHaveLength(1);
    expect(lines).toContain('-----> Checking the image: run.sh must run for 1 s, without network');
    expect(lines.at(-1)).toMatch(/^success: lives build 1 built/);
    await app.commit({ 'run.sh': 'echo done\n' });
    expect((await app.push('-o', 'no-cache', 'main')).lines.at(-1)).toMatch(/^success: lives build 2 built/);
    await noneLeft();
  });

  test('fails a build whose image ends sooner, shows its last words, and keeps the old image', async () => {
    const app = await checked('dies', 'exec sleep 300\n', '1s');
    const good = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.push();
    await app.commit({
      'run.sh': 'for i in $(ls /etc); do echo $i; done\nls /sys/class/net\necho "no database" >&2\nexit 3\n',
    });
    const { text, lines } = await app.push();
    expect(lines).toContain('       no database');
    expect(lines).toContain('       lo');
    expect(text).not.toContain('eth0');
    expect(text).toMatch(
      /^error: run\.sh ended after \d\.\d s with exit code 3, but must run for 1 s \(doskara\.check\)$/m,
    );
    expect(lines.at(-1)).toMatch(/^error: dies build 2 failed/);
    expect(use.platform.record('dies', 2)).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(await use.platform.latestRevision('dies')).toBe(good);
    await noneLeft();
  });

  test('leaves nothing that runs when it is cancelled, nor for long when its runner is killed', async () => {
    const app = await checked('stuck', 'exec sleep 300\n', '5m');
    const cancelled = app.push();
    await untilLogged(use.platform, 'stuck', 1, 'Checking the image');
    await vi.waitFor(async () => expect(await running()).not.toBe(''), { timeout: 30_000 });
    await use.platform.doskara('cancel', 'stuck');
    expect((await cancelled).lines.at(-1)).toMatch(/^error: stuck build 1 cancelled/);
    await noneLeft();

    await app.commit({ 'build.sh': 'echo again\n' });
    const killed = app.push();
    await untilLogged(use.platform, 'stuck', 2, 'Checking the image');
    await vi.waitFor(async () => expect(await running()).not.toBe(''), { timeout: 30_000 });
    const builds = readdirSync(join(use.platform.folder, 'spool/builds'));
    const [, pid] = /^stuck@(\d+)-/.exec(builds.find((name) => name.startsWith('stuck@')) ?? '') ?? [];
    process.kill(Number(pid), 'SIGKILL');
    await killed;
    expect(existsSync(join(use.platform.folder, 'spool/checks/stuck'))).toBe(true);
    const next = await use.platform.app('next', { 'build.sh': 'true\n', 'run.sh': 'true\n' });
    await next.push();
    await noneLeft();
  });

  test('is nothing for a runner from before it, and port says what to upgrade', async () => {
    const app = await checked('older', 'true\n', '1s');
    const { authorizedKeys } = use.platform.factory;
    const good = readFileSync(authorizedKeys, 'utf8');
    const refusal = 'command="echo error: not a command of the runner; exit 2"';
    writeFileSync(authorizedKeys, good.replace(/command="[^"]*"/, refusal));
    const { text, lines } = await app.push();
    writeFileSync(authorizedKeys, good);
    expect(text).toContain('error: the runner on factory is older than port');
    expect(lines.at(-1)).toMatch(/^error: older build 1 lost/);
  });
});

test('the classic builder checks run.sh and the image, too', async () => {
  // a plugin that can't be used hides the one that can; a CLI before 23 has BuildKit inside
  const home = join(use.platform.folder, 'factory-home/.docker');
  writeFileSync(join(home, 'config.json'), '{}');
  mkdirSync(join(home, 'cli-plugins'), { recursive: true });
  writeFileSync(join(home, 'cli-plugins/docker-buildx'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const app = await use.platform.app('classic', {
    'build.sh': 'echo built once\n',
    'run.sh': '#!/bin/hs\nexec sleep 300\n',
  });
  await app.git('update-index', '--chmod=+x', 'run.sh');
  await app.git('commit', '--amend', '--quiet', '--no-edit');
  const { lines, text } = await app.push();
  if (inject('release') === 'forky') expect(text).toContain('with the classic builder');
  expect(lines).toContain('error: run.sh needs /bin/hs, which is not in the image');
  expect(text).not.toContain('doskara-run-check');

  await gitOnPort(use.platform, 'classic', 'config', 'doskara.check', '1s');
  await app.commit({ 'run.sh': '#!/bin/sh\nexec sleep 300\n' });
  const good = await app.push();
  expect(good.text.match(/built once/g)).toHaveLength(1);
  expect(good.lines.at(-1)).toMatch(/^success: classic build 2 built/);
  expect((await use.platform.docker('images', '--quiet', 'doskara-check/*')).stdout).toBe('');
});
