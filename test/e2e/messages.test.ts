import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const SLOW = { 'build.sh': 'echo started; sleep 3; echo finished\n', 'run.sh': 'true\n' };

test('list shows each app, its head and its last build, also as JSON', async () => {
  const app = await use.platform.app('listed');
  await use.platform.create('empty');
  await app.push();
  const head = (await app.git('rev-parse', 'HEAD')).stdout;
  const { stdout } = await use.platform.doskara('list');
  expect(stdout).toMatch(
    new RegExp(
      `^listed\t${head.slice(0, 12)}\t${head.slice(0, 12)} \\(1\\)\tbuilt \\(build 1\\)\t\\d+ s\t[\\d.]+ MB$`,
      'm',
    ),
  );
  expect(stdout).toMatch(/^empty\t-\t-\t-\t-\t-$/m);
  const json = JSON.parse((await use.platform.doskara('list', '--json')).stdout) as { app: string; head: string }[];
  expect(json.find((each) => each.app === 'listed')).toMatchObject({ head, last: { number: 1, outcome: 'built' } });
});

test('list reports what is wrong with one app, and shows all others', async () => {
  for (const name of ['muddled', 'broken']) await use.platform.create(name);
  appendFileSync(join(use.platform.repository('muddled'), 'config'), '[doskara]\n\ttimeout = soon\n');
  appendFileSync(join(use.platform.repository('broken'), 'config'), '[doskara\n');
  const { stdout, exitCode } = await use.platform.doskara('list');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^muddled\t-\t-\terror: doskara\.timeout="soon" should be a time .*\t-\t-$/m);
  expect(stdout).toMatch(
    /^broken\t-\t-\terror: git cannot read its configuration: fatal: bad config line \d+ .*\t-\t-$/m,
  );
  expect(stdout.split('\n').length).toBeGreaterThan(2);
  await execa('rm', ['-rf', use.platform.repository('broken'), use.platform.repository('muddled')]);
});

test('list shows the size of the image in the warehouse, also after a build without an image', async () => {
  const app = await use.platform.app('sized');
  expect((await app.push()).text).toMatch(/^-----> Pushing to \S+\n-----> Image size: \S+ MB$/m);
  const image = `${use.platform.shared.registry}/sized`;
  const manifest = JSON.parse((await use.platform.docker('manifest', 'inspect', '--insecure', image)).stdout) as {
    config: { size: number };
    layers: { size: number }[];
  };
  const bytes = manifest.layers.reduce((sum, { size }) => sum + size, manifest.config.size);
  expect(use.platform.record('sized', 1)).toMatchObject({ imageBytes: bytes });
  await app.commit({ 'build.sh': 'exit 1' });
  await app.push();
  expect(use.platform.record('sized', 2)).toMatchObject({ outcome: 'failed', imageBytes: null });
  expect((await use.platform.doskara('list')).stdout).toMatch(
    /^sized\t\S+\t\S+ \(1\)\tfailed \(build 2\)\t\d+ s\t[\d.]+ MB$/m,
  );
  const json = JSON.parse((await use.platform.doskara('list', '--json')).stdout) as { app: string }[];
  expect(json.find((each) => each.app === 'sized')).toMatchObject({ imageBytes: bytes });
});

test('builds lists the newest first, as many as requested', async () => {
  const app = await use.platform.app('historic');
  expect((await use.platform.doskara('builds', 'historic')).stdout).toBe('');
  await app.push();
  await app.commit({ 'build.sh': 'exit 1' }, 'break \u001b[31mit');
  await app.push();
  const { stdout } = await use.platform.doskara('builds', 'historic');
  const [first, second] = stdout.split('\n').map((line) => line.split('\t'));
  expect(first?.slice(0, 2)).toEqual(['2', 'failed']);
  expect(first?.at(-1)).toBe('break \\u001b[31mit');
  expect(second?.slice(0, 2)).toEqual(['1', 'built']);
  expect(JSON.parse((await use.platform.doskara('builds', 'historic', '--json', '-n', '1')).stdout)).toHaveLength(1);
  expect((await use.platform.doskara('builds', 'historic', '-n', 'x')).exitCode).toBe(2);
});

test('for an unknown app, the nearest names are suggested', async () => {
  await use.platform.create('shop');
  await use.platform.create('shoe');
  for (const [wrong, hint] of [
    ['shpo', 'did you mean shop? all apps: doskara list'],
    ['shot', 'did you mean shoe or shop? all apps: doskara list'],
    ['nowhere', 'to create it: doskara create nowhere'],
  ] as const) {
    const { exitCode, all } = await use.platform.doskara('builds', wrong);
    expect(exitCode).toBe(2);
    expect(all).toBe(`error: there is no app ${wrong}\nhint: ${hint}`);
  }
});

test('logs prints the output of a build; -f follows a running one, and exits with its exit code', async () => {
  const app = await use.platform.app('logged', SLOW);
  const push = app.push();
  await expect
    .poll(() => (use.platform.hasRecord('logged', 1) ? use.platform.log('logged', 1) : ''), { timeout: 30_000 })
    .toContain('started');
  const followed = await use.platform.doskara('logs', 'logged', '-f');
  expect(followed.exitCode).toBe(0);
  expect(followed.stdout).toBe((await push).text);
  await app.commit({ 'build.sh': 'echo no; exit 1' });
  await app.push();
  expect((await use.platform.doskara('logs', 'logged', '2', '-f')).exitCode).toBe(1);
  expect((await use.platform.doskara('logs', 'logged')).stdout).toContain('       no');
  expect((await use.platform.doskara('logs', 'logged', '1', '-t')).stdout).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z {8}finished$/m,
  );
  for (const wrong of ['9', 'x', '0']) {
    const { exitCode, all } = await use.platform.doskara('logs', 'logged', wrong);
    expect(exitCode).toBe(2);
    expect(all).toContain(`logged has no build ${wrong}`);
  }
});

test('archive writes the bytes that a build of the commit sends', async () => {
  const app = await use.platform.app('archived');
  await app.push();
  const { archive } = use.platform.record('archived', 1) as { archive: { sha256: string; bytes: number } };
  const file = join(use.platform.folder, 'archived.tar');
  expect((await use.platform.doskara('archive', 'archived', '-o', file)).exitCode).toBe(0);
  expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(archive.sha256);
  expect(readFileSync(file)).toHaveLength(archive.bytes);
  expect((await use.platform.doskara('archive', 'archived', '-o', `${file}.gz`)).exitCode).toBe(0);
  expect(gunzipSync(readFileSync(`${file}.gz`)).equals(readFileSync(file))).toBe(true);
  expect((await use.platform.doskara('archive', 'archived', 'v9')).all).toContain('archived has no commit "v9"');
  const nowhere = await use.platform.doskara('archive', 'archived', '-o', '/nowhere/x');
  expect(nowhere.exitCode).toBe(2);
  expect(nowhere.all).toContain('cannot write /nowhere/x: ENOENT');
});
