import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test, vi } from 'vitest';
import { BASE_IMAGE } from '../rig/engine.ts';
import { gitOnPort, untilLogged } from '../rig/gate.ts';
import { hideBuildx } from '../rig/older-factory.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

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

  test('starts the image of a Dockerfile, too', async () => {
    const app = await use.platform.app('started', { Dockerfile: `FROM ${BASE_IMAGE}\nCMD ["sleep", "300"]\n` });
    await gitOnPort(use.platform, 'started', 'config', 'doskara.check', '1s');
    expect((await app.push()).text).toContain('success: started build 1 built');
    await gitOnPort(use.platform, 'started', 'config', 'doskara.check', '5m'); // however slowly it starts
    await app.commit({ Dockerfile: `FROM ${BASE_IMAGE}\nCMD echo no database; exit 3\n` });
    const { lines, text } = await app.push();
    expect(lines).toContain('       no database');
    expect(text).toMatch(/^error: its command ended after .* with exit code 3, but must run for 300 s/m);
    await app.commit({ Dockerfile: `FROM ${BASE_IMAGE}\n` });
    expect((await app.push()).text).toContain('error: the image has no command to start it with (doskara.check)');
  });

  test('fails a build whose image ends sooner, shows its last words, and keeps the old image', async () => {
    const app = await checked('dies', 'exec sleep 300\n', '1s');
    const good = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.push();
    await gitOnPort(use.platform, 'dies', 'config', 'doskara.check', '5m'); // however slowly it starts
    await app.commit({
      'run.sh': 'for i in $(ls /etc); do echo $i; done\nls /sys/class/net\necho "no database" >&2\nexit 3\n',
    });
    const { text, lines } = await app.push();
    expect(lines).toContain('       no database');
    expect(lines).toContain('       lo');
    expect(text).not.toContain('eth0');
    expect(text).toMatch(
      /^error: run\.sh ended after .* with exit code 3, but must run for 300 s \(doskara\.check\)$/m,
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
    await vi.waitFor(async () => expect(await running()).not.toBe(''), { timeout: 30_000, interval: 250 });
    await use.platform.doskara('cancel', 'stuck');
    expect((await cancelled).lines.at(-1)).toMatch(/^error: stuck build 1 cancelled/);
    await noneLeft();

    await app.commit({ 'build.sh': 'echo again\n' });
    const killed = app.push();
    await untilLogged(use.platform, 'stuck', 2, 'Checking the image');
    await vi.waitFor(async () => expect(await running()).not.toBe(''), { timeout: 30_000, interval: 250 });
    const builds = readdirSync(join(use.platform.folder, 'spool/builds'));
    const [, pid] = /^stuck@(\d+)-/.exec(builds.find((name) => name.startsWith('stuck@')) ?? '') ?? [];
    process.kill(Number(pid), 'SIGKILL');
    await killed;
    expect(existsSync(join(use.platform.folder, 'spool/checks/stuck'))).toBe(true);
    const next = await use.platform.app('next', { 'build.sh': 'true\n', 'run.sh': 'true\n' });
    await next.push();
    await noneLeft();
  });
});

test('the classic builder checks run.sh and the image, too', async () => {
  hideBuildx(use.platform);
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
