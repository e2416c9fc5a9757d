import { type Job, KINDS, type StepName } from './plan.ts';

/** The result of a step; `why` if it failed. */
export interface Result {
  job: Job;
  step: StepName | 'boot';
  seconds: number;
  why: string | undefined;
}

const COLUMNS: Result['step'][] = [
  'boot',
  'install',
  'push',
  'doctor',
  'install again',
  'docker stopped',
  'reboot',
  'uninstall, install',
  'npm cit',
];
const KIND_WORDS = {
  root: 'as root',
  user: 'with sudo',
  tests: 'as root, `npm cit`',
  release: 'as root, from the release',
};

/** RESULTS.md with these results; rows in `before` for other machines are kept. */
export function report(results: Result[], before: string, run: { commit: string; date: string }): string {
  const groups = Map.groupBy(results, ({ job }) => `${job.release} ${KIND_WORDS[job.kind]}`);
  const rows = new Map([...before.matchAll(ROW)].map(([row, name = '']) => [name, row]));
  for (const [name, group] of groups) {
    const cells = COLUMNS.map((step) => cell(group, step));
    rows.set(name, `| ${[name, ...cells, run.date, run.commit].join(' | ')} |`);
  }
  const head = ['machine', ...COLUMNS, 'date', 'commit'];
  const kept = [...before.matchAll(REASON)].filter(([, name = '']) => !groups.has(name)).map(([line]) => line);
  const reasons = results.flatMap(({ job, step, why }) =>
    why === undefined ? [] : [`- ${job.release} ${KIND_WORDS[job.kind]}: ${step}: ${why}`],
  );
  return `# Fresh machines

Written by \`npm run test:machines\`: seconds on fresh machines, or what failed.

| ${head.join(' | ')} |
|${' --- |'.repeat(head.length)}
${[...rows.keys()]
  .sort()
  .map((name) => `${rows.get(name)}\n`)
  .join('')}
${[...kept, ...reasons].map((line) => `${line}\n`).join('')}`;
}

const ROW = /^\| ((?:bookworm|trixie|forky|noble) [^|]*?) \|.*$/gm;
const REASON = /^- ([^:]*): .*$/gm;

function cell(group: Result[], step: Result['step']): string {
  const result = group.find((each) => each.step === step);
  if (result !== undefined) return `${result.why === undefined ? '' : '**failed** '}${result.seconds.toFixed(0)}`;
  const steps: Result['step'][] = group[0] === undefined ? [] : KINDS[group[0].job.kind].steps;
  return steps.includes(step) ? 'not reached' : '';
}
