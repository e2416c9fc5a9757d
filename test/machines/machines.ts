/**
 * `npm run test:machines -- [RELEASE[/KIND]…]`: the README's commands on machines that nobody has used, made by
 * debootstrap and booted with systemd-nspawn. Exits with 69 where this machine can't boot another. With --print the
 * table is printed, and RESULTS.md stays as it is.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { owners } from '../rig/machine/enter.ts';
import { whyNotBoot } from './can-boot.ts';
import { plan } from './plan.ts';
import { report } from './report.ts';
import { Run } from './run.ts';
import { CannotBoot } from './step-failed.ts';

const UNABLE = 69; // EX_UNAVAILABLE of sysexits.h
const PRINT = '--print';
const CACHE = '/var/tmp/doskara-machines';
const RESULTS = join(import.meta.dirname, 'RESULTS.md');

const args = process.argv.slice(2);
const jobs = plan(args.filter((word) => word !== PRINT));
if ('wrong' in jobs)
  end(2, `error: ${jobs.wrong} is no machine: bookworm, trixie, forky or noble, with /root, /user, /tests or /release`);
const reason = await whyNotBoot();
if (reason !== undefined) end(UNABLE, `error: this machine can't boot another: ${reason}`);

const run = await Run.open(join(import.meta.dirname, '../..'), CACHE);
// on, not once: what execa listens with takes a signal that nobody listens to any more for its own to end on
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void run.close().finally(() => process.exit(130)));
// an npm that is killed does not tell its children
const started = owners().map((pid) => `/proc/${pid}`);
setInterval(() => started.every(existsSync) || process.kill(process.pid, 'SIGTERM'), 1000).unref();
try {
  await run.all(jobs);
} catch (error) {
  if (!(error instanceof CannotBoot)) throw error;
  await run.close();
  end(UNABLE, `${error.output}\nerror: this machine can't boot another: ${error.message}`);
}
const commit = await run.commit();
await run.close();
writeResults();
process.exit(run.results.some(({ why }) => why !== undefined) ? 1 : 0);

function writeResults(): void {
  const before = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '';
  const text = report(run.results, before, { commit, date: new Date().toISOString().slice(0, 10) });
  if (!args.includes(PRINT)) writeFileSync(RESULTS, text);
  process.stdout.write(`\n${text}\nThe logs are in ${run.logs}.\n`);
}

function end(exitCode: number, line: string): never {
  process.stdout.write(`${line}\n`);
  process.exit(exitCode);
}
