/**
 * `npm run bench -- [--pairs N] [--only WORD] [--json]`: Doskara against what people write instead, in turn on one rig;
 * each figure is the median of its runs. `--write` updates test/bench/RESULTS.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import { startWarehouse } from '../rig/warehouse.ts';
import { type CaseResult, runCases } from './cases.ts';
import { runDependencies } from './dependencies.ts';
import { runMany } from './many.ts';
import { runMemory } from './memory.ts';
import { report } from './report.ts';
import { Rivals } from './rivals.ts';
import { runUpload } from './upload.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'doskara-bench-'));
const engine = await startEngine(folder, 'system');
const warehouse = await startWarehouse(folder);
const platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-bench-')), {
  docker: engine.docker,
  env: engine.env,
  registry: warehouse.registry,
});
const rivals = await Rivals.start(platform);
try {
  const pairs = Number(values.pairs);
  const results = await runCases(platform, rivals, pairs, values.only);
  const few = Math.min(pairs, 5);
  const more: Record<string, () => Promise<CaseResult | CaseResult[]>> = {
    'upload alone': () => runUpload(platform, rivals, few),
    dependencies: () => runDependencies(engine, warehouse.registry, Math.min(pairs, 3)),
    memory: () => runMemory(platform.shared),
    '1,000 repositories': () => runMany(platform.shared, few),
  };
  for (const [name, run] of Object.entries(more)) if (name.includes(values.only)) results.push(...[await run()].flat());
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
