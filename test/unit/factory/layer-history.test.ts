import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readLayerHistory, writeLayerHistory } from '../../../src/factory/image/layer-history.ts';

const spool = mkdtempSync(join(tmpdir(), 'doskara-layer-history-'));
mkdirSync(join(spool, 'layers'));
afterAll(() => rmSync(spool, { recursive: true }));

test.each(['', 'null', '[null, 5]', '[{"commit": 1}]', '{"key": 1}', 'x 1 2 3', '\u0000\u0001'])(
  'a history damaged to %j counts as empty',
  async (garbage) => {
    writeFileSync(join(spool, 'layers/app.json'), garbage);
    expect(await readLayerHistory(spool, 'app')).toEqual([]);
  },
);

test('the valid part of a damaged history is kept', async () => {
  const good = { commit: 'c', folders: { lib: { digest: 'd', mtime: 1 } } };
  writeFileSync(join(spool, 'layers/app.json'), JSON.stringify([null, good, { ...good, folders: { lib: 5 } }]));
  const memory = await readLayerHistory(spool, 'app');
  expect(memory).toEqual([good]);
  await writeLayerHistory(spool, 'app', memory);
  expect(await readLayerHistory(spool, 'app')).toEqual([good]);
});
