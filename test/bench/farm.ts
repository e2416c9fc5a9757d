import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rankFor } from '../../src/rendezvous.ts';
import { addBuilder, type Builder } from '../rig/builder.ts';
import type { Clone } from '../rig/clone.ts';
import { BASE_IMAGE, type Engine, startEngine } from '../rig/engine.ts';
import { Platform, type Shared } from '../rig/platform.ts';
import { latestRevisionIn } from '../rig/warehouse.ts';
import { pushAtOnce } from './at-once.ts';
import type { CaseResult } from './cases.ts';
import { type Spread, spread } from './measure.ts';

const NODES = ['node-1', 'node-2', 'node-3'];
const APPS = 12;

/** Counts to a number that takes busybox's shell about four seconds of CPU here. */
const COUNT = 5_000_000;
const BUILD = `i=0; while [ $i -lt ${COUNT} ]; do i=$((i + 1)); done; echo counted\n`;

/**
 * Twelve apps pushed at once to one builder, and to three: each with half a core. deps.sh takes four seconds of CPU; at the
 * second push, its layer is in the cache of the builder that made it. The names are such that each of three nodes is home to four.
 */
export async function runFarm(shared: Shared, newFolder: () => string): Promise<CaseResult> {
  process.stderr.write('builders of half a core\n');
  const baseImage = `${shared.registry}/base:1`;
  const engines: Engine[] = [];
  const ways: Builder[] = [];
  const platform = await Platform.start(newFolder(), shared, { DOSKARA_BASE_IMAGE: baseImage });
  try {
    await platform.docker('tag', BASE_IMAGE, baseImage);
    await platform.docker('push', baseImage);
    for (const node of NODES) {
      const engine = await startEngine(newFolder(), 'forky', { cgroup: halfACore(node) });
      engines.push(engine);
      ways.push(await addBuilder(platform, node, engine));
    }
    const times: Record<string, Spread> = {};
    for (const nodes of [NODES.slice(0, 1), NODES]) {
      await platform.factory.stop();
      platform.setFactory({ DOSKARA_BUILDERS: nodes.join(' ') });
      await platform.startFactory();
      const clones = await makeApps(platform, `on-${nodes.length}`);
      const name = `${APPS} apps on ${nodes.length === 1 ? 'one builder' : `${nodes.length} builders`}`;
      times[`${name}, first push`] = spread([await pushAll(platform, clones)]);
      for (const clone of clones) await clone.commit({ 'version.txt': '1\n' });
      times[`${name}, second push`] = spread([await pushAll(platform, clones)]);
    }
    const [one, , three] = Object.values(times).map(({ median }) => median);
    return {
      name: 'three builders of half a core against one, twelve apps of 4 s of CPU',
      goal: { forky: 0.4, system: undefined },
      times,
      ratio: (three ?? Number.NaN) / (one ?? Number.NaN),
    };
  } finally {
    for (const way of ways) await way.cut();
    for (const engine of engines) await engine.stop();
    await platform.stop();
    for (const node of NODES) await removeCgroup(node);
  }
}

async function makeApps(platform: Platform, prefix: string): Promise<Clone[]> {
  const clones: Clone[] = [];
  const perNode = new Map<string, number>();
  for (let i = 0; clones.length < APPS; i++) {
    const app = `${prefix}-${i}`;
    const [home = ''] = rankFor(app, NODES);
    const count = perNode.get(home) ?? 0;
    if (count >= APPS / NODES.length) continue;
    perNode.set(home, count + 1);
    clones.push(
      await platform.app(app, {
        'deps.sh': `# needs: needed.txt\n${BUILD}`,
        'needed.txt': `${app}\n`,
        'build.sh': 'true\n',
        'run.sh': 'true\n',
      }),
    );
  }
  return clones;
}

/** Seconds until all are built; throws if one is not. */
async function pushAll(platform: Platform, clones: readonly Clone[]): Promise<number> {
  const { last } = await pushAtOnce(clones);
  for (const clone of clones) {
    const head = (await clone.git('rev-parse', 'HEAD')).stdout;
    const live = await latestRevisionIn(platform.shared.registry, clone.app);
    if (live !== head) throw new Error(`${clone.app} was not built: ${head} is pushed, ${live} is live`);
  }
  process.stderr.write(`  ${last.toFixed(1)}\n`);
  return last;
}

const V1 = '/sys/fs/cgroup/cpu';
const cgroupsOf = (name: string) =>
  (existsSync(V1) ? [V1] : ['/sys/fs/cgroup']).map((root) => join(root, `doskara-bench-${name}`));

/** Of all that is in it. Returns its name. */
function halfACore(name: string): string {
  for (const folder of cgroupsOf(name)) {
    mkdirSync(folder, { recursive: true });
    if (existsSync(V1)) {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), '100000');
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), '50000');
    } else writeFileSync(join(folder, 'cpu.max'), '50000 100000');
  }
  return `doskara-bench-${name}`;
}

/** The kernel lets go of it a moment after its last process. */
async function removeCgroup(name: string): Promise<void> {
  for (const folder of cgroupsOf(name))
    for (const part of ['builds/buildkit', 'builds', 'daemon', ''])
      for (let tries = 0; existsSync(join(folder, part)) && tries < 50; tries++)
        try {
          rmdirSync(join(folder, part));
        } catch {
          await sleep(100);
        }
}
