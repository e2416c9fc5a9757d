/**
 * `npm run test:machines -- [RELEASE[/KIND]…]`: runs the README's commands on fresh machines, which debootstrap creates
 * and systemd-nspawn boots. Exits with 69 if this machine can't boot another. With --print, the
 * table is printed and RESULTS.md is left unchanged.
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
  end(
    2,
    `error: ${jobs.wrong} is not a machine: bookworm, trixie, forky or noble, with /root, /user, /tests or /release`,
  );
const reason = await whyNotBoot();
if (reason !== undefined) end(UNABLE, `error: this machine can't boot another: ${reason}`);

const run = await Run.open(join(import.meta.dirname, '../..'), CACHE);
// on, not once: without another listener, execa's own exits on the next signal
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void run.close().finally(() => process.exit(130)));
// a killed npm does not signal its children
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
