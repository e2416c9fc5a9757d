import { Clone, type Files } from '../rig/clone.ts';
import type { Platform } from '../rig/platform.ts';
import { latestRevisionIn } from '../rig/warehouse.ts';
import { bigTree, changeAll, SMALL } from './apps.ts';
import { pushAtOnce } from './at-once.ts';
import { type Spread, spread, timeInTurn } from './measure.ts';
import type { Contender, Rivals } from './rivals.ts';

/** Doskara's median relative to the better rival's: on a modern engine, and on Debian 12's docker.io. */
export interface Goal {
  forky: number | undefined;
  system: number | undefined;
}

export interface CaseResult {
  name: string;
  goal: Goal;
  /** By contender, in seconds unless the name says otherwise. */
  times: Record<string, Spread>;
  /** Doskara's median relative to the better rival's. */
  ratio: number | undefined;
}

/** What must be true after a push, or its time does not count. */
type Verdict = 'built' | 'refused' | 'stored';

export interface Case {
  name: string;
  goal: Goal;
  files: () => Files;
  contenders: Contender[];
  verdict: Verdict;
  /** What each push changes (default: a line in the root). */
  change?: (run: number) => Files;
  /** What to leave out of the app. */
  lacks?: string[];
  /** Each push is an app's first. */
  first?: true;
  /** So many apps at once (default: one). */
  apps?: number;
  /** Pairs at most, where one takes minutes. */
  pairs?: number;
}

const ONE_LINE = (run: number): Files => ({ 'version.txt': `${run}\n` });

const CASES: Case[] = [
  {
    name: 'small app, one-line push',
    goal: { forky: 0.8, system: 0.95 },
    files: () => SMALL,
    contenders: ['doskara', 'shell', 'docker-over-ssh', 'bare'],
    verdict: 'built',
  },
  {
    name: 'nothing to build (another branch), against a push without a hook',
    goal: { forky: 1.12, system: 1.12 },
    files: () => SMALL,
    contenders: ['doskara', 'bare'],
    verdict: 'stored',
  },
  {
    name: "refused by preflight (no run.sh), against the rival's failing build",
    goal: { forky: 0.35, system: 0.35 },
    files: () => ({ ...SMALL, 'build.sh': 'test -e run.sh\n' }),
    contenders: ['doskara', 'shell'],
    verdict: 'refused',
    lacks: ['run.sh', 'Dockerfile'], // with the latter it would be an app
  },
  {
    name: '218 MB tree, one-line push',
    goal: { forky: 0.25, system: 0.25 },
    files: () => bigTree(13_600, 218),
    contenders: ['doskara', 'shell', 'docker-over-ssh'],
    verdict: 'built',
  },
  {
    name: '218 MB tree, one-line push into its biggest folder',
    goal: { forky: 0.6, system: 0.8 },
    files: () => bigTree(13_600, 218),
    contenders: ['doskara', 'shell', 'docker-over-ssh'],
    verdict: 'built',
    change: (run) => ({ 'src/0/0/version.txt': `${run}\n` }),
  },
  {
    name: 'first push of 57,000 files of 100 MB',
    goal: { forky: 0.95, system: 1 },
    files: () => bigTree(57_000, 100),
    contenders: ['doskara', 'shell'],
    verdict: 'built',
    change: (run) => changeAll(run, 100),
    first: true,
  },
  {
    name: 'first push of 28,000 files of 700 MB',
    goal: { forky: 0.95, system: 1 },
    files: () => bigTree(28_000, 700),
    contenders: ['doskara', 'shell'],
    verdict: 'built',
    change: (run) => changeAll(run, 700),
    first: true,
    pairs: 3,
  },
  {
    name: 'eight apps pushed at once',
    goal: { forky: 0.9, system: 1 },
    files: () => SMALL,
    contenders: ['doskara', 'shell'],
    verdict: 'built',
    apps: 8,
  },
  {
    name: 'sixty apps pushed at once',
    goal: { forky: 0.9, system: undefined },
    files: () => SMALL,
    contenders: ['doskara', 'shell'],
    verdict: 'built',
    apps: 60,
    pairs: 5,
  },
];

/** Runs the cases whose name contains `only`, with each contender `pairs` times, in turn. */
export async function runCases(rivals: Rivals, pairs: number, only: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, each] of CASES.entries())
    if (each.name.includes(only))
      results.push(await runCase(rivals, Math.min(pairs, each.pairs ?? pairs), each, `case${index}`));
  return results;
}

export async function runCase(rivals: Rivals, pairs: number, each: Case, prefix: string): Promise<CaseResult> {
  process.stderr.write(`${each.name}\n`);
  const contenders: Contender[] = [...each.contenders, ...(rivals.before ? (['before'] as const) : [])];
  const clones = new Map<Contender, Clone[]>();
  for (const contender of contenders) clones.set(contender, await makeClones(rivals, prefix, contender, each));
  const times = await timeInTurn(contenders, pairs, (contender, run) =>
    timePush(rivals, contender, clones.get(contender) ?? [], each, run),
  );
  return summarise(each.name, each.goal, times);
}

async function makeClones(rivals: Rivals, prefix: string, contender: Contender, each: Case): Promise<Clone[]> {
  const clones = [];
  for (let i = 0; i < (each.apps ?? 1); i++) {
    const app = `${prefix}-${contender}-${i}`;
    await rivals.createRepository(app, contender);
    const clone = await rivals.platformOf(contender).app(app, each.files(), ['--quiet']);
    if (each.lacks !== undefined) await clone.git('rm', '--quiet', ...each.lacks);
    await clone.commit({});
    // the base image's layers go to the warehouse
    if (!each.first) await pushAndCheck(rivals, contender, clone, each);
    clones.push(clone);
  }
  return clones;
}

async function timePush(
  rivals: Rivals,
  contender: Contender,
  clones: readonly Clone[],
  each: Case,
  run: number,
): Promise<number> {
  const pushed: Clone[] = [];
  for (const clone of clones) {
    await clone.commit((each.change ?? ONE_LINE)(run), `change ${run}`);
    pushed.push(each.first ? await forFirstPush(rivals, contender, clone, run) : clone);
  }
  const { last } = await pushAtOnce(pushed, refspec(each));
  for (const clone of pushed) await check(rivals, contender, clone, each);
  return last;
}

/** The same commits with a new repository on port. */
async function forFirstPush(rivals: Rivals, contender: Contender, clone: Clone, run: number): Promise<Clone> {
  const app = `${clone.app}-${run}`;
  await rivals.createRepository(app, contender);
  const platform = rivals.platformOf(contender);
  await clone.git('remote', 'set-url', 'doskara', platform.remote(app));
  return new Clone(clone.folder, app, platform.pusherEnv);
}

async function pushAndCheck(rivals: Rivals, contender: Contender, clone: Clone, each: Case): Promise<void> {
  const { text } = await clone.push('HEAD:main');
  const checked = check(rivals, contender, clone, {
    ...each,
    verdict: each.verdict === 'refused' ? 'refused' : 'built',
  });
  await checked.catch((error: Error) => Promise.reject(new Error(`${error.message}\n${text}`)));
}

const refspec = ({ verdict }: Case) => (verdict === 'stored' ? 'HEAD:other' : 'HEAD:main');

/** Throws unless port has the commit, and the warehouse its image, or not, as the verdict says. */
async function check(rivals: Rivals, contender: Contender, clone: Clone, { verdict, name }: Case): Promise<void> {
  const platform: Platform = rivals.platformOf(contender);
  const head = (await clone.git('rev-parse', 'HEAD')).stdout;
  const onPort = (await clone.git('ls-remote', 'doskara', verdict === 'stored' ? 'other' : 'main')).stdout;
  const live = await latestRevisionIn(platform.shared.registry, clone.app);
  const isBuilt = live === head;
  const wanted = contender !== 'bare' && verdict === 'built';
  if (!onPort.startsWith(head) || (contender !== 'bare' && verdict !== 'stored' && isBuilt !== wanted))
    throw new Error(`${name}: the push of ${contender} was not ${verdict}: ${head} is pushed, ${live} is live`);
}

export function summarise(name: string, goal: Goal, times: Map<Contender, number[]>): CaseResult {
  const spreads = Object.fromEntries([...times].map(([contender, values]) => [contender, spread(values)]));
  const rivals = Object.entries(spreads).filter(
    ([who]) => who !== 'doskara' && who !== 'before' && (who !== 'bare' || !times.has('shell')),
  );
  const best = Math.min(...rivals.map(([, { median }]) => median));
  return { name, goal, times: spreads, ratio: (spreads['doskara']?.median ?? Number.NaN) / best };
}
