import { execFileSync } from 'node:child_process';
import { cpus, release as kernel, totalmem } from 'node:os';
import type { Release } from '../rig/release.ts';
import type { CaseResult } from './cases.ts';

export interface EngineResults {
  release: Release;
  /** Its versions. */
  engine: string;
  results: CaseResult[];
}

/** The results as Markdown that is also readable on a terminal. */
export function report(all: readonly EngineResults[]): string {
  return `# Results of \`npm run bench\`

${machine()}

Seconds, medians of runs in turn (A B B A …) on one machine, everything on loopback. A push counts only when its image is
in the warehouse and is the pushed commit's. The ratio is Doskara's median against the better rival's.
[GOALS.md](GOALS.md) says where the time goes in cases that miss their goal.

${all.map(tableOf).join('\n')}`;
}

function tableOf({ release, engine, results }: EngineResults): string {
  const rows = results.flatMap(({ name, goal, times, ratio }) => [
    `| **${name}** | | | | ${ratio === undefined ? '' : `**${ratio.toFixed(2)}**`} | ${inWords(goal[release])} |`,
    ...Object.entries(times).map(
      ([who, { median, min, max, runs }]) =>
        `| ${who} | ${median.toFixed(3)} | ${min.toFixed(3)} – ${max.toFixed(3)} | ${runs} | | |`,
    ),
  ]);
  return `## ${engine}

| case | median | min – max | runs | ratio | goal |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

const inWords = (goal: number | undefined) => (goal === undefined ? '–' : `≤ ${goal.toFixed(2)}`);

function machine(): string {
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim();
  const model = cpus()[0]?.model ?? 'unknown';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 1024 ** 3)} GB, Linux ${kernel()}, node ${process.version}, ${git}`;
}
