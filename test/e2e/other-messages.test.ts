import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { gatedApp } from '../rig/gate.ts';
import { buildWithOtherWords } from '../rig/other-messages.ts';
import { Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';
import { startPush } from '../rig/pusher.ts';

/** Texts are only for people: programs behave the same whatever the texts say. */

const WITHIN = { timeout: 60_000, interval: 100 };
const RUN = { 'run.sh': 'true\n' };
let folder = '';
let platform: Platform;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doskara-words-'));
  const dist = await buildWithOtherWords(folder);
  platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-test-')), inject('shared'), {}, dist);
});

afterAll(async () => {
  await platform.stop();
  await asRoot('rm', '-rf', folder);
});

test('a push is built, its record and ref say so, and logs -f ends after doskara.afterBuild', async () => {
  const app = await platform.app('good', { ...RUN, 'build.sh': 'echo built; sleep 2\n' });
  await app.git('-C', platform.repository('good'), 'config', 'doskara.afterBuild', 'sleep 2; echo deployed');
  const push = app.push();
  await expect.poll(() => platform.hasRecord('good', 1), WITHIN).toBe(true);
  const followed = await platform.doskara('logs', 'good', '-f');
  expect((await push).lines.at(-1)).toMatch(/^success: words \d+$/);
  expect(followed.exitCode).toBe(0);
  expect(followed.stdout).toContain('deployed');
  expect(followed.stdout.split('\n').at(-1)).toMatch(/^success: words \d+$/);
  const head = await app.git('rev-parse', 'HEAD');
  expect(platform.record('good', 1)).toMatchObject({
    outcome: 'built',
    exitCode: 0,
    image: `${platform.shared.registry}/good`,
    digest: expect.stringMatching(/^sha256:/),
    imageBytes: expect.any(Number),
    logComplete: true,
  });
  const built = await app.git('-C', platform.repository('good'), 'rev-parse', 'refs/built/main');
  expect(built.stdout).toBe(head.stdout);
});

test.each<[string, Record<string, string>, object]>([
  ['fails', { ...RUN, 'build.sh': 'exit 3\n' }, { outcome: 'failed', exitCode: 1 }],
  ['is refused', RUN, { outcome: 'refused', exitCode: 3 }],
])('a push that %s is recorded with its outcome and reason', async (name, files, end) => {
  const app = await platform.app(name.replace(' ', '-'), files);
  await app.push();
  const error = expect.stringMatching(/^words \d+$/);
  expect(platform.record(app.app, 1)).toMatchObject({ ...end, error });
});

test('a build is cancelled, then replayed; the gate rejects a bad commit; rollback works', async () => {
  const app = await gatedApp(platform, 'gated', { ...RUN, 'build.sh': 'echo first\n' });
  expect((await app.push()).exitCode).toBe(0);
  const first = await app.git('rev-parse', 'HEAD');
  await app.commit({ 'build.sh': 'exit 1\n' });
  expect((await app.push()).exitCode).not.toBe(0);
  await app.commit({ 'build.sh': 'sleep 600\n' });
  await using pusher = startPush(app, platform.pusherEnv);
  await expect
    .poll(() => platform.hasRecord('gated', 3) && platform.record('gated', 3)['started'], WITHIN)
    .toBeTruthy();
  expect((await platform.doskara('cancel', 'gated')).exitCode).toBe(0);
  await pusher.ended;
  expect(platform.record('gated', 3)).toMatchObject({ outcome: 'cancelled', exitCode: 130 });
  const head = await app.git('-C', platform.repository('gated'), 'rev-parse', 'main');
  expect(head.stdout).toBe(first.stdout);

  await app.commit({ 'build.sh': 'echo second\n' });
  expect((await app.push()).exitCode).toBe(0);
  expect((await platform.doskara('rollback', 'gated')).exitCode).toBe(0);
  expect(await platform.latestRevision('gated')).toBe(first.stdout);
  expect((await platform.doskara('replay', 'gated', '--no-cache')).exitCode).toBe(0);
});

test('doctor attributes each finding of the factory', async () => {
  const { stdout } = await platform.doskara('doctor', '--json');
  const found = JSON.parse(stdout) as { level: string; subject: string; code: string; where: string }[];
  const subjects = found.filter(({ where }) => where === 'factory factory').map(({ subject }) => subject);
  for (const subject of ['clock', 'docker-cli', 'docker-engine', 'base-image', 'spool', 'disk', 'warehouse'])
    expect(subjects).toContain(subject);
  expect(found.filter(({ level }) => level === 'error').map(({ subject }) => subject)).toEqual([]);
});
