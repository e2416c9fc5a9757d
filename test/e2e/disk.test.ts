import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { BASE_IMAGE, type Engine, startEngine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';
import { mountSmallDisk, type SmallDisk } from '../rig/small-disk.ts';

const MB = 1024 * 1024;
const MIN_FREE = 100 * MB;

const folder = mkdtempSync(join(tmpdir(), 'doskara-disk-'));
let disk: SmallDisk;
let engine: Engine;
let platform: Platform;

beforeAll(async () => {
  disk = await mountSmallDisk(join(folder, 'disk'), 400 * MB);
  engine = await startEngine(folder, inject('release'), { dataRoot: disk.folder });
  platform = await Platform.start(
    mkdtempSync(join(tmpdir(), 'doskara-test-')),
    { docker: engine.docker, env: engine.env, registry: inject('shared').registry },
    { DOSKARA_MIN_FREE: '100M', DOSKARA_KEEP_IMAGES: '1' },
  );
});
afterAll(async () => {
  await platform?.stop();
  await engine?.stop();
  await disk?.[Symbol.asyncDispose]();
  await asRoot('rm', '-rf', folder);
});

test('a disk that fills up during a build is reported in one sentence, and the factory can build again', async () => {
  const app = await platform.app('glutton', {
    'build.sh': 'echo eating; dd if=/dev/zero of=/app/fat bs=65536\n',
    'run.sh': 'true\n',
  });
  const { text, lines } = await app.push();
  expect(text).toMatch(/^error: the factory's disk is full; this is not your app's fault$/m);
  expect(text).toMatch(/^hint: tell an admin$/m);
  expect(platform.log('glutton', 1)).toMatch(/ hint: on the factory: docker system prune$/m);
  expect(text).not.toMatch(/^ +at .*:\d+:\d+\)?$/m);
  expect(lines.at(-1)).toMatch(/^error: glutton build 1 lost/);
  expect(platform.record('glutton', 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });
  expect(spooled()).toEqual([]);

  const head = await app.commit({ 'build.sh': 'echo on a diet\n' });
  // containerd removes the build's leftovers later
  await expect.poll(() => disk.free(), { timeout: 60_000 }).toBeGreaterThan(2 * MIN_FREE);
  expect((await app.push()).lines.at(-1)).toMatch(/^success: glutton build 2 built/);
  expect(await platform.latestRevision('glutton')).toBe(head);
});

test('a build that would not fit removes old images and caches, and goes on', async () => {
  const app = await platform.app('hoarder', fat(0));
  for (const i of [1, 2]) {
    await app.push();
    await app.commit(fat(i));
  }
  await disk.fill((await disk.free()) - MIN_FREE - 15 * MB);
  const { text, lines } = await app.push();
  expect(text).toContain('-----> Disk almost full: removing old images and build caches of apps');
  expect(lines.at(-1)).toMatch(/^success: hoarder build 3 built/);
  await disk.empty();
});

test('if that is not enough, the build is refused with the figures, and reconcile builds it later', async () => {
  const app = await platform.app('unlucky', fat(0));
  await disk.fill((await disk.free()) - 60 * MB);
  const { text, lines } = await app.push();
  expect(text).toContain('-----> Disk almost full: removing old images and build caches of apps');
  expect(text).toMatch(
    /^error: not enough disk space on the factory: \d\S* MB free; this build needs (?:19|20)\.\d MB and must leave 100 MB; this is not your app's fault$/m,
  );
  expect(lines.at(-1)).toMatch(/^error: unlucky build 1 lost in \S+ s; it will be built again within 5 minutes$/);
  expect(platform.record('unlucky', 1)).toMatchObject({ outcome: 'lost', exitCode: 4 });
  expect(spooled()).toEqual([]);
  await disk.empty();
  expect((await platform.doskara('reconcile', 'unlucky')).all).toMatch(/^success: unlucky build 2 built/m);
});

test('build.sh --prune says how much it freed, and removes only what belongs to Doskara', async () => {
  await platform.docker('tag', BASE_IMAGE, 'canary:latest');
  await platform.docker('create', '--name', 'canary', BASE_IMAGE, '/bin/true');
  expect(await buildCanary()).toEqual({ cached: false });
  const app = await platform.app('pruned', fat(0));
  await app.push();
  await importNameless('LABEL doskara.app=pruned');

  const before = await disk.free();
  const { stdout, exitCode } = await platform.runner(['--prune'], '');
  expect(exitCode).toBe(0);
  const [, freed, unit] = /^removed old images .*: freed (\d\S*) ([KM]?B), \d\S* MB free$/.exec(stdout) ?? [];
  const gained = ((await disk.free()) - before) / (unit === 'MB' ? MB : 1024);
  expect(gained).toBeGreaterThan(unit === 'MB' ? 15 : 15 * 1024);
  expect(Math.abs(Number(freed) - gained)).toBeLessThan(1);
  expect((await platform.docker('image', 'inspect', 'canary:latest')).exitCode).toBe(0);
  expect((await platform.docker('container', 'inspect', 'canary')).exitCode).toBe(0);
  expect(await buildCanary()).toEqual({ cached: true });
  expect((await platform.docker('run', '--rm', `${inject('shared').registry}/pruned`)).exitCode).toBe(0);
});

/** A 10 MB app with different bytes each time. */
function fat(n: number) {
  return { 'build.sh': `echo ${n}\n`, 'run.sh': 'true\n', blob: randomBytes(10 * MB) };
}

/** An untagged image of 20 MB, as a build leaves it when a later one takes over its name. */
async function importNameless(change: string): Promise<void> {
  const blob = join(folder, 'blob');
  writeFileSync(blob, randomBytes(20 * MB));
  const tar = execa('tar', ['-C', folder, '-c', 'blob'], { buffer: false });
  await tar.pipe(engine.docker, ['import', '--change', change, '-'], { env: engine.env });
}

/** Another user's build, with a cache of its own. BuildKit numbers steps as they run, not as they are written. */
async function buildCanary(): Promise<{ cached: boolean }> {
  const { all } = await execa(engine.docker, ['build', '--progress=plain', '-'], {
    env: { ...engine.env, DOCKER_BUILDKIT: '1' },
    input: `FROM ${BASE_IMAGE}\nRUN echo canary > /canary\n`,
    all: true,
  });
  const [, step] = /^#(\d+) \[2\/2\] RUN echo canary/m.exec(all) ?? [];
  expect(step).toBeDefined();
  return { cached: all.includes(`#${step} CACHED`) };
}

function spooled(): string[] {
  const spool = join(platform.folder, 'spool');
  return ['builds', 'contexts'].flatMap((name) =>
    existsSync(join(spool, name)) ? readdirSync(join(spool, name)) : [],
  );
}
