import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import { Records } from '../../../src/port/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-live-'));
const root = join(folder, 'root');
const shop = join(root, 'shop.git');
const env = { HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
const run = (file: string, ...args: string[]) => execa(file, args, { env, reject: false, all: true, input: '' });
const doskara = (...args: string[]) => run(resolve('dist/doskara'), ...args);
const git = async (...args: string[]) => (await run('git', '-C', shop, ...args)).stdout;
/** On a terminal of 80 columns. */
const onTerminal = async (command: string) =>
  (await run('script', '-qec', `stty cols 80; ${resolve('dist/doskara')} ${command}`, '/dev/null')).stdout
    .replaceAll('\r', '')
    .split('\n');

let records: Records;
let first: string;
let second: string;
const short = (commit: string) => commit.slice(0, 12);
const HOUR_AGO = new Date(Date.now() - 3_600_000).toISOString();

async function record(commit: string, more: Partial<BuildRecord>): Promise<void> {
  const subject = await git('log', '-1', '--format=%s', commit);
  const build = { app: 'shop', commit, ref: 'refs/heads/main', subject, who: 'alice', why: 'push' } as const;
  const begun = await records.begin(build);
  const built = { image: 'registry/shop', digest: `sha256:${commit}`, archive: { sha256: '', bytes: 1 } };
  const ended = { queued: HOUR_AGO, started: HOUR_AGO, finished: HOUR_AGO, turn: begun.number, logComplete: true };
  await records.save({
    ...begun,
    ...ended,
    outcome: 'built',
    exitCode: 0,
    ...(more.outcome === undefined ? built : {}),
    ...more,
  });
}

async function commit(message: string): Promise<string> {
  const tree = (await execa('git', ['-C', shop, 'mktree'], { env, input: '' })).stdout;
  const parent = await git('rev-parse', '--verify', '--quiet', 'main');
  const id = await git('commit-tree', ...(parent === '' ? [] : ['-p', parent]), '-m', message, tree);
  await git('update-ref', 'refs/heads/main', id);
  return id;
}

beforeAll(async () => {
  const user = '[user]\n  name = A\n  email = a@example.org\n';
  writeFileSync(join(folder, '.gitconfig'), `${user}[doskara]\n  root = ${root}\n`);
  for (const app of ['shop', 'empty']) await run('git', 'init', '-q', '--bare', '-b', 'main', `${root}/${app}.git`);
  mkdirSync(join(shop, 'doskara'), { mode: 0o700 });
  records = new Records(join(shop, 'doskara'));
  first = await commit('Open the shop');
  second = await commit('Lower the prices of everything that the shop has, at once');
  for (const each of [first, second]) await record(each, {});
  await record(first, { why: 'rollback', who: 'bob', archive: null });
  await record(second, { outcome: 'failed', exitCode: 1, error: 'build.sh failed with exit code 1' });
  await git('update-ref', 'refs/built/main', first);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('after a rollback and a failed build', () => {
  test('list shows what is live beside the head', async () => {
    expect((await doskara('list')).stdout.split('\n')).toEqual([
      'empty\t-\t-\t-\t-\t-',
      `shop\t${short(second)}\t${short(first)} (3)\tfailed (build 4)\t1 h\t-`,
    ]);
    const [, json] = JSON.parse((await doskara('list', '--json')).stdout);
    expect(json).toMatchObject({ head: second, latest: first, live: { commit: first, number: 3 } });
  });

  test('builds marks the live row, and says to which build a rollback went', async () => {
    const lines = await onTerminal('builds shop');
    expect(lines.slice(0, 6)).toEqual([
      'BUILD  OUTCOME  COMMIT        WHO    AGO  TOOK   SUBJECT',
      expect.stringMatching(`^4      failed   ${short(second)}  alice  1 h  0.0 s  Lower the prices.*…$`),
      `3 *    built    ${short(first)}  bob    1 h  0.0 s  rollback to build 1: Open the …`,
      expect.stringMatching(`^2      built    ${short(second)}  alice  1 h  0.0 s  Lower the prices.*…$`),
      `1      built    ${short(first)}  alice  1 h  0.0 s  Open the shop`,
      '* live: registry/shop:latest',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join()).not.toContain('all:');
    expect(await onTerminal('builds shop -n 2')).toContain('2 of 4 builds; all: doskara builds shop -n 4');
    expect((await doskara('builds', 'shop')).stdout).toMatch(/^4\tfailed\t.*\n3\tbuilt\t/);
    const json = JSON.parse((await doskara('builds', 'shop', '--json')).stdout);
    expect(json.map(({ number, live, rollbackTo }: Record<string, unknown>) => [number, live, rollbackTo])).toEqual([
      [4, false, null],
      [3, true, 1],
      [2, false, null],
      [1, false, null],
    ]);
  });

  test('status tells what is live, since when and how, the head and the last failure', async () => {
    expect((await doskara('status', 'shop')).stdout.split('\n')).toEqual([
      `live     ${short(first)} Open the shop`,
      `         build 3, rollback to build 1 by bob 1 h ago (${HOUR_AGO.slice(0, 16).replace('T', ' ')} UTC)`,
      'image    registry/shop',
      `digest   sha256:${first}`,
      `head     ${short(second)} Lower the prices of everything that the shop has, at once (main)`,
      `failure  build 4 failed 1 h ago: ${short(second)} Lower the prices of everything that the shop has, at once`,
      '         build.sh failed with exit code 1',
    ]);
    expect(Math.max(...(await onTerminal('status shop')).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(JSON.parse((await doskara('status', 'shop', '--json')).stdout)).toMatchObject({
      app: 'shop',
      live: { commit: first, number: 3, who: 'bob', why: 'rollback', since: HOUR_AGO, rollbackTo: 1 },
      head: { commit: second, subject: 'Lower the prices of everything that the shop has, at once' },
      running: [],
      lastFailure: { number: 4, error: 'build.sh failed with exit code 1' },
    });
  });

  test('status of an app without builds says how to make one', async () => {
    expect((await doskara('status', 'empty')).stdout).toBe('empty has no builds yet: git push doskara HEAD:main');
    expect(JSON.parse((await doskara('status', 'empty', '--json')).stdout)).toMatchObject({ live: null, head: null });
  });
});

test('completion offers for a rollback the builds that have an image', async () => {
  expect((await doskara('complete', 'images', 'shop')).stdout.split('\n')).toEqual([
    `3\t${short(first)} Open the shop`,
    expect.stringMatching(`^2\t${short(second)} Lower the prices`),
    `1\t${short(first)} Open the shop`,
  ]);
});

test('a rollback to a build that has no image, or is not there, says so', async () => {
  for (const [target, message] of [
    ['4', 'build 4 of shop has no image'],
    ['99', 'shop has no build 99'],
  ] as const)
    expect(await doskara('rollback', 'shop', target)).toMatchObject({
      exitCode: 2,
      all: `error: ${message}\nhint: its builds: doskara builds shop`,
    });
});

describe('wait', () => {
  test.each<[string, () => string[], number, string]>([
    [
      'of the head by default, says why it failed',
      () => [],
      1,
      'error: shop build 4 failed in 0.0 s: build.sh failed with exit code 1',
    ],
    ['of a commit', () => [first.slice(0, 9)], 0, 'success: shop build 3 built registry/shop@sha256:FIRST in 0.0 s'],
  ])('%s', async (_, args, code, line) => {
    const { exitCode, stdout } = await doskara('wait', 'shop', ...args());
    expect(stdout).toBe(line.replace('FIRST', first));
    expect(exitCode).toBe(code);
  });

  test('tells what superseded a build; if that built the same commit, it is that build that counts', async () => {
    const third = await commit('Close the shop');
    await record(third, {
      outcome: 'superseded',
      exitCode: null,
      error: 'main has moved on to 123; build 9 builds it',
    });
    const superseded = await doskara('wait', 'shop');
    expect(superseded.stdout).toBe(
      'warning: shop build 5 superseded in 0.0 s: main has moved on to 123; build 9 builds it',
    );
    expect(superseded.stderr).toBe('hint: its log: doskara logs shop 5');
    expect(superseded.exitCode).toBe(130);
    await record(third, {});
    await record(third, { outcome: 'superseded', exitCode: null, error: 'build 6 has built this commit' });
    expect((await doskara('wait', 'shop')).stdout).toMatch(/^success: shop build 6 built /);
  });

  test('of a commit that was built behind the gate, but then rejected by git, fails', async () => {
    const rejected = await commit('Push with a bad hook');
    await record(rejected, { gate: { pid: 1, pidStart: 'gone' }, landed: false });
    const { exitCode, stdout } = await doskara('wait', 'shop');
    expect([exitCode, stdout]).toEqual([3, 'error: shop build 8 built, but git rejected the push']);
  });

  test('of a commit that has no build says how to build it', async () => {
    const fourth = await commit('Open it again');
    const { exitCode, all } = await doskara('wait', 'shop');
    expect(exitCode).toBe(2);
    expect(all).toBe(
      `error: shop has no build of ${short(fourth)}, and none is running\nhint: to build it: doskara replay shop ${short(fourth)}`,
    );
  });

  test('of a build that runs ends with it, or when its time is up', async () => {
    const running = await records.begin({
      app: 'shop',
      commit: second,
      ref: 'main',
      subject: 's',
      who: 'w',
      why: 'replay',
    });
    expect((await doskara('status', 'shop')).stdout).toMatch(/^waiting {2}build 9 by w for \d+ s: \w{12} s$/m);
    const late = await doskara('wait', 'shop', second, '--timeout', '1s');
    expect(late.exitCode).toBe(4);
    expect(late.stderr.split('\n')).toEqual([
      `waiting for build 9 of shop: ${short(second)} s`,
      'error: build 9 of shop has not ended within 1.0 s',
      'hint: it goes on; to follow it: doskara logs shop 9 -f',
    ]);
    const waiting = doskara('wait', 'shop', second);
    await new Promise((resolve) => waiting.stderr.once('data', resolve));
    await records.save({ ...running, outcome: 'cancelled', exitCode: 130, error: 'by bob', logComplete: true });
    expect(await waiting).toMatchObject({
      exitCode: 130,
      stdout: expect.stringMatching(/^error: shop build 9 cancelled .*: by bob$/),
    });
    expect((await doskara('wait', 'shop', '--timeout', 'soon')).exitCode).toBe(2);
  });
});
