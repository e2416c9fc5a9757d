/**
 * `npm run bench -- [--pairs N] [--only WORD] [--json]`: Doskara against what people write instead, on one rig, in turn,
 * each figure the median of its runs. Writes test/bench/RESULTS.md with `--write`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { startWarehouse } from '../rig/warehouse.ts';
import { runCases } from './cases.ts';
import { report } from './report.ts';
import { Rivals } from './rivals.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
const engine = await startEngine(folder);
const warehouse = await startWarehouse(folder);
const platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-bench-')), {
  dockerHost: engine.host,
  registry: warehouse.registry,
});
const rivals = await Rivals.start(platform);
try {
  const results = await runCases(platform, rivals, Number(values.pairs), values.only);
  const text = report(results);
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : text);
  if (values.write) writeFileSync(join(import.meta.dirname, 'RESULTS.md'), text);
} finally {
  await rivals.stop();
  await platform.stop();
  await warehouse.stop();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
}
