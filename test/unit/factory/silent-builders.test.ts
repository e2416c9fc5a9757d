import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { noteAnswer, noteSilent, wasSilent } from '../../../src/factory/silent-builders.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-silent-'));
let spool = '';

beforeEach(() => {
  spool = mkdtempSync(join(root, 'spool-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('a builder counts as silent until it answers', async () => {
  expect(await wasSilent(spool, 'builder-1')).toBe(false);
  await noteSilent(spool, 'builder-1');
  expect([await wasSilent(spool, 'builder-1'), await wasSilent(spool, 'builder-2')]).toEqual([true, false]);
  await noteAnswer(spool, 'builder-1');
  expect(await wasSilent(spool, 'builder-1')).toBe(false);
});

test.each([-61, 3600])('a builder that was silent %i s from now is asked again', async (seconds) => {
  await noteSilent(spool, 'builder-1');
  const time = Date.now() / 1000 + seconds;
  utimesSync(join(spool, 'silent-builders/builder-1'), time, time);
  expect(await wasSilent(spool, 'builder-1')).toBe(false);
});

test('a spool that cannot be written is no reason not to build', async () => {
  const file = join(spool, 'file');
  writeFileSync(file, '');
  await noteSilent(file, 'builder-1');
  expect(await wasSilent(file, 'builder-1')).toBe(false);
  await noteAnswer(file, 'builder-1');
});
