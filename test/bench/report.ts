import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { CaseResult } from './cases.ts';

/** The results as Markdown that is also readable on a terminal. */
export function report(results: readonly CaseResult[]): string {
  const rows = results.flatMap(({ name, goal, times, ratio }) => [
    `| **${name}** | | | | ${ratio === undefined ? '' : `**${ratio.toFixed(2)}**`} | ${goal} |`,
    ...Object.entries(times).map(
      ([who, { median, min, max, runs }]) =>
        `| ${who} | ${median.toFixed(3)} | ${min.toFixed(3)} – ${max.toFixed(3)} | ${runs} | | |`,
    ),
  ]);
  return `# Results of \`npm run bench\`

${machine()}

Seconds, medians of runs in turn (A B A B …) on one machine, everything on loopback. The ratio is Doskara's median
against the better rival's.

| case | median | min – max | runs | ratio | goal |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function machine(): string {
  const docker = execFileSync('/usr/bin/docker', ['--version'], { encoding: 'utf8' }).trim();
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim();
  const model = cpus()[0]?.model ?? 'unknown';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 1024 ** 3)} GB, Linux ${release()}, node ${process.version}, ${docker}, ${git}`;
}
