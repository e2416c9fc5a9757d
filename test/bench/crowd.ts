import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clone } from '../rig/clone.ts';
import { Platform, type Shared } from '../rig/platform.ts';
import { ownProcessesOf } from '../rig/proc.ts';
import { SMALL } from './apps.ts';
import { pushAtOnce } from './at-once.ts';
import type { CaseResult } from './cases.ts';
import { spread } from './measure.ts';

const SIZES = [10, 100];
/** Looking at a hundred processes takes CPU time, too. */
const LOOK_EVERY_MS = 2000;

/**
 * So many apps pushed in the same second, to a factory that builds two at once: when the first and the last image are in
 * the warehouse, and what all of Doskara's processes take of the memory, at the most.
 */
export async function runCrowd(shared: Shared, newFolder: () => string, pairs: number): Promise<CaseResult> {
  process.stderr.write('a hundred apps pushed in the same second\n');
  const platform = await Platform.start(newFolder(), shared, { DOSKARA_MAX_BUILDS: '2' });
  const samples = new Map<string, number[]>();
  try {
    const clones: Clone[] = [];
    for (let i = 0; i < Math.max(...SIZES); i++) clones.push(await platform.app(`crowd-${i}`, SMALL));
    for (const clone of clones) await clone.push();
    for (let run = 0; run < pairs; run++)
      for (const size of SIZES) {
        const found = Object.entries(await pushAll(platform, clones.slice(0, size), `${run} ${size}\n`));
        for (const [what, value] of found) {
          const name = `${what}, ${size} pushes`;
          samples.set(name, [...(samples.get(name) ?? []), value]);
          process.stderr.write(`  ${name} ${value.toFixed(1)}\n`);
        }
      }
  } finally {
    await platform.stop();
  }
  return {
    name: 'a hundred apps pushed in the same second, two built at once (goal: 2,000 MB, first image as soon as with ten)',
    goal: { forky: undefined, system: undefined },
    times: Object.fromEntries([...samples].map(([what, values]) => [what, spread(values)])),
    ratio: undefined,
  };
}

/** Pushes a change to all. Rejects unless each commit's image is in the warehouse afterwards. */
async function pushAll(platform: Platform, clones: readonly Clone[], change: string): Promise<Record<string, number>> {
  const commits = [];
  for (const clone of clones) commits.push(await clone.commit({ 'version.txt': change }));
  let isDone = false;
  const pushes = pushAtOnce(clones).finally(() => (isDone = true));
  let kilobytes = 0;
  while (!isDone) {
    kilobytes = Math.max(kilobytes, memoryKilobytes(platform.folder));
    await Promise.race([pushes, sleep(LOOK_EVERY_MS)]);
  }
  const { first, last } = await pushes;
  for (const [i, { app }] of clones.entries())
    if ((await platform.latestRevision(app)) !== commits[i]) throw new Error(`${app}: ${commits[i]} is not live`);
  return { 'first image': first, 'last image': last, 'memory in MB': kilobytes / 1000 };
}

/** The proportional set size of all of Doskara's processes. */
function memoryKilobytes(folder: string): number {
  const each = ownProcessesOf(folder).map(({ pid }) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0; // it has ended
    }
  });
  return each.reduce((sum, kilobytes) => sum + kilobytes, 0);
}
