/**
 * `npm run bench -- [--pairs N] [--only WORD] [--engine forky|system] [--before DIST] [--json]`: Doskara against what people
 * write instead, in turn on one rig; each figure is the median of its runs, and each push counts only once its image is
 * in the warehouse. `--before` adds the bundles of an earlier Doskara. `--write` updates RESULTS.md and RESULTS.svg.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeEngine, startEngine } from '../rig/engine.ts';
import { Platform } from '../rig/platform.ts';
import type { Release } from '../rig/release.ts';
import { startWarehouse } from '../rig/warehouse.ts';
import { type CaseResult, runCases } from './cases.ts';
import { chart } from './chart.ts';
import { runCrowd } from './crowd.ts';
import { runDependencies } from './dependencies.ts';
import { runFarm } from './farm.ts';
import { runMany, runPortCpu } from './many.ts';
import { runMemory } from './memory.ts';
import { type EngineResults, report } from './report.ts';
import { Rivals } from './rivals.ts';
import { runUpload } from './upload.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    engine: { type: 'string', multiple: true, default: ['forky', 'system'] },
    before: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

/** The tests' factories build more at once than their machine has processors. */
const AS_INSTALLED = { DOSKARA_MAX_BUILDS: String(availableParallelism()) };

const results: EngineResults[] = [];
for (const release of values.engine as Release[]) results.push(await benchOn(release, Number(values.pairs)));
const text = report(results);
process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : text);
if (values.write) {
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), text);
  writeFileSync(join(import.meta.dirname, 'RESULTS.svg'), chart(results));
}

async function benchOn(release: Release, pairs: number): Promise<EngineResults> {
  const folder = newFolder();
  const engine = await startEngine(folder, release);
  const warehouse = await startWarehouse(folder);
  const shared = { docker: engine.docker, env: engine.env, registry: warehouse.registry };
  const platform = await Platform.start(newFolder(), shared, AS_INSTALLED);
  const before = values.before && (await Platform.start(newFolder(), shared, AS_INSTALLED, resolve(values.before)));
  const rivals = await Rivals.start(platform, before || undefined);
  const done: CaseResult[] = [];
  try {
    done.push(...(await runCases(rivals, pairs, values.only)));
    const more: Record<string, () => Promise<CaseResult | CaseResult[]>> = {
      'upload alone': () => runUpload(rivals, pairs),
      dependencies: () => runDependencies(engine, warehouse.registry, Math.min(pairs, 3), values.only),
      ...(release === 'forky'
        ? {
            'three builders': () => runFarm(shared, newFolder),
            'a hundred apps': () => runCrowd(shared, newFolder, Math.min(pairs, 3)),
          }
        : {}),
      memory: () => runMemory(shared),
      "port's CPU": () => runPortCpu(shared),
      '1,000 repositories': () => runMany(shared, Math.min(pairs, 5)),
    };
    for (const [name, run] of Object.entries(more))
      if (name.includes(values.only) || values.only.startsWith(name)) done.push(...[await run()].flat());
    return { release, engine: await describeEngine(engine), results: done };
  } finally {
    await rivals.stop();
    if (before) await before.stop();
    await platform.stop();
    await warehouse.stop();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function newFolder(): string {
  return mkdtempSync('/var/tmp/doskara-bench-'); // which a modern engine's own root has, too
}
