import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewBuild } from '../../../src/port/build-record.ts';
import { Records } from '../../../src/port/records.ts';

const BUILD: NewBuild = { app: 'a', commit: 'c'.repeat(40), ref: 'main', subject: 's', who: 'w', why: 'push' };

let state = '';
let records: Records;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'doskara-records-'));
  records = new Records(state);
});
afterEach(() => rmSync(state, { recursive: true }));

test('records are read by the tag that the builds move; those of older versions moved latest', async () => {
  for (const tag of ['latest', 'v1', 'latest', null, 'v1']) await records.begin({ ...BUILD, tag });
  const old = join(state, 'builds', '1.json');
  writeFileSync(old, readFileSync(old, 'utf8').replace(/^ *"tag".*\n/m, ''));
  const numbers = async (of: Records, count?: number) => (await of.latest(count)).map(({ number }) => number);
  expect(await numbers(records)).toEqual([5, 4, 3, 2, 1]);
  expect(await numbers(new Records(state, 'latest'))).toEqual([3, 1]);
  expect(await numbers(new Records(state, 'latest'), 1)).toEqual([3]);
  expect(await numbers(new Records(state, 'v1'), 2)).toEqual([5, 2]);
  expect(await numbers(new Records(state, null))).toEqual([4]);
  expect(await numbers(new Records(state, 'v1').ofAll(), 2)).toEqual([5, 4]);
});
