import { mkdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takePlace } from '../../../src/builds/queue.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import { Records } from '../../../src/port/records.ts';

const GATE = { pid: 1, pidStart: '1' };

test('while ten builds wait, replays, rollbacks and gated pushes are refused and leave no record, pushes are not', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'doskara-queue-'));
  mkdirSync(join(folder.path, 'builds'));
  const records = new Records(folder.path);
  const begin = (why: BuildRecord['why'], gate: BuildRecord['gate'] = null) =>
    records.begin({ app: 'shop', commit: 'c'.repeat(40), ref: 'main', subject: '', who: 'alice', why, gate });
  const take = async (...build: Parameters<typeof begin>) => takePlace(await begin(...build), records);
  for (let i = 0; i < 10; i++) await take('replay');
  const queued = await records.numbers();
  expect(queued).toHaveLength(10);

  const full = { code: 'queue-full', exitCode: 4 };
  await expect(take('replay')).rejects.toMatchObject(full);
  await expect(take('rollback')).rejects.toMatchObject(full);
  await expect(take('push', GATE)).rejects.toMatchObject(full);
  expect(await records.numbers()).toEqual(queued);
  await take('push');
  await take('reconcile');

  const [first] = await records.latest();
  await records.save({ ...first, started: new Date().toISOString() } as BuildRecord);
  for (const number of [1, 2]) await records.remove(number);
  await take('replay');
});

test('a push to a branch is refused while ten builds of others run or wait; one to the main branch is not', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'doskara-queue-'));
  mkdirSync(join(folder.path, 'builds'));
  const records = new Records(folder.path);
  const take = async (tag: string) => {
    const build = { app: 'shop', commit: 'c'.repeat(40), ref: 'main', subject: '', who: 'alice', why: 'push' } as const;
    return takePlace(await records.begin({ ...build, tag }), records);
  };
  for (let i = 0; i < 10; i++) await take(`v${i}`);
  await expect(take('v10')).rejects.toMatchObject({ code: 'queue-full', exitCode: 4 });
  await take('v0'); // supersedes the one that waits
  await take('latest');
  expect(await records.numbers()).toHaveLength(12);
});
