import type { Clone, Files } from '../rig/clone.ts';
import type { Platform } from '../rig/platform.ts';
import { bigTree, SMALL } from './apps.ts';
import { type Spread, seconds, spread } from './measure.ts';
import type { Contender, Rivals } from './rivals.ts';

export interface CaseResult {
  name: string;
  goal: string;
  /** By contender, in seconds unless the name says otherwise. */
  times: Record<string, Spread>;
  /** Doskara's median relative to the better rival's. */
  ratio: number | undefined;
}

export interface Case {
  name: string;
  goal: string;
  files: () => Files;
  contenders: Contender[];
  /** The app to push after a one-line change. */
  refspec: string;
  /** The file with that line (default: one in the root). */
  changes?: string;
  /** What to leave out of the app. */
  lacks?: string[];
}

const CASES: Case[] = [
  {
    name: 'small app, one-line push',
    goal: '≤ 0.90',
    files: () => SMALL,
    contenders: ['doskara', 'shell', 'docker-over-ssh', 'bare'],
    refspec: 'HEAD:main',
  },
  {
    name: 'nothing to build (another branch), against a push without a hook',
    goal: '≤ 1.15',
    files: () => SMALL,
    contenders: ['doskara', 'bare'],
    refspec: 'HEAD:other',
  },
  {
    name: "refused by preflight (no run.sh), against the rival's failing build",
    goal: '≤ 0.25',
    files: () => ({ ...SMALL, 'build.sh': 'test -e run.sh\n' }),
    contenders: ['doskara', 'shell'],
    refspec: 'HEAD:main',
    lacks: ['run.sh'],
  },
  {
    name: '218 MB tree, one-line push',
    goal: '≤ 0.70',
    files: () => bigTree(13_600, 218),
    contenders: ['doskara', 'shell', 'docker-over-ssh'],
    refspec: 'HEAD:main',
  },
  {
    name: '218 MB tree, one-line push into its biggest folder',
    goal: '–',
    files: () => bigTree(13_600, 218),
    contenders: ['doskara', 'shell', 'docker-over-ssh'],
    refspec: 'HEAD:main',
    changes: 'src/0/0/version.txt',
  },
];

/** Runs the cases whose name contains `only`, with each contender `pairs` times, in turn. */
export async function runCases(platform: Platform, rivals: Rivals, pairs: number, only: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, each] of CASES.entries()) {
    if (!each.name.includes(only)) continue;
    process.stderr.write(`${each.name}\n`);
    results.push(await runCase(platform, rivals, pairs, each, `case${index}`));
  }
  if ('eight apps at once'.includes(only)) results.push(await runEight(platform, rivals, Math.min(pairs, 5)));
  return results;
}

export async function runCase(
  platform: Platform,
  rivals: Rivals,
  pairs: number,
  each: Case,
  prefix: string,
): Promise<CaseResult> {
  const clones = new Map<Contender, Clone>();
  for (const contender of each.contenders)
    clones.set(contender, await makeClone(platform, rivals, `${prefix}-${contender}`, contender, each));
  const times = new Map<Contender, number[]>();
  for (let run = 0; run < pairs; run++)
    for (const [contender, clone] of clones) {
      await clone.commit({ [each.changes ?? 'version.txt']: `${run} ${contender}\n` });
      const taken = await seconds(() => clone.push(each.refspec));
      times.set(contender, [...(times.get(contender) ?? []), taken]);
      process.stderr.write(`  ${contender} ${taken.toFixed(3)}\n`);
    }
  return summarise(each.name, each.goal, times);
}

async function makeClone(
  platform: Platform,
  rivals: Rivals,
  app: string,
  contender: Contender,
  each: Case,
): Promise<Clone> {
  await rivals.createRepository(app, contender);
  const clone = await platform.app(app, each.files(), ['--quiet']);
  if (each.lacks !== undefined) await clone.git('rm', '--quiet', ...each.lacks);
  await clone.commit({});
  await clone.push('HEAD:main'); // pushes the base image's layers to the warehouse
  return clone;
}

async function runEight(platform: Platform, rivals: Rivals, pairs: number): Promise<CaseResult> {
  process.stderr.write('eight apps at once\n');
  const contenders = ['doskara', 'shell'] as const;
  const each = { name: '', goal: '', files: () => SMALL, contenders: [...contenders], refspec: 'HEAD:main' };
  const clones = new Map<Contender, Clone[]>();
  for (const contender of contenders) {
    const eight = [];
    for (let i = 0; i < 8; i++)
      eight.push(await makeClone(platform, rivals, `eight${i}-${contender}`, contender, each));
    clones.set(contender, eight);
  }
  const times = new Map<Contender, number[]>();
  for (let run = 0; run < pairs; run++)
    for (const [contender, eight] of clones) {
      for (const clone of eight) await clone.commit({ 'version.txt': `${run}\n` });
      const taken = await seconds(() => Promise.all(eight.map((clone) => clone.push('HEAD:main'))));
      times.set(contender, [...(times.get(contender) ?? []), taken]);
    }
  return summarise('eight apps pushed at once', '≤ 0.90', times);
}

export function summarise(name: string, goal: string, times: Map<Contender, number[]>): CaseResult {
  const spreads = Object.fromEntries([...times].map(([contender, values]) => [contender, spread(values)]));
  const rivals = Object.entries(spreads).filter(([who]) => who !== 'doskara' && (who !== 'bare' || times.size === 2));
  const best = Math.min(...rivals.map(([, { median }]) => median));
  return { name, goal, times: spreads, ratio: (spreads['doskara']?.median ?? Number.NaN) / best };
}
