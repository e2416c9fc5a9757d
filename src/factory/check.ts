import { existsSync } from 'node:fs';
import { access, constants, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RUNNER } from '../contract.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { asFinding, type Finding, findingLines, formatFinding, ok, warning } from '../finding.ts';
import { printable } from '../printable.ts';
import { formatBytes } from '../units.ts';
import { areLimitedTogether, canLimit } from './cgroups.ts';
import { freeBytes } from './disk.ts';
import { checkBaseImage, checkBuilder, checkCli, checkEngine, checkOutputLimit } from './docker/check.ts';
import { askDocker } from './docker/facts.ts';
import { checkWarehouse } from './docker/registry-probe.ts';
import * as messages from './messages.ts';
import type { Output } from './output.ts';
import { type FactorySettings, limitsOf } from './settings.ts';

/**
 * Says, one line per finding (`json`: for programs) and as it comes, whether this factory is able to build. All is looked at at once, and told
 * in the same order each time. Without an engine there is no word on what only it could tell.
 */
export async function checkFactory(settings: FactorySettings, json: boolean, output: Output): Promise<ExitCode> {
  const engine = checkEngine(settings);
  const withEngine = (check: (settings: FactorySettings) => Promise<Finding | undefined>) =>
    engine.then(({ finding }) => (finding?.level === 'ok' ? check(settings) : undefined));
  const findings = [
    Promise.resolve(readClock()),
    checkCli(settings),
    checkBuilder(settings),
    engine.then(({ finding }) => finding),
    checkOutputLimit(settings),
    withEngine(checkBaseImage),
    checkSpool(settings),
    engine.then(({ dataRoot }) => checkDisk(settings, dataRoot)),
    withEngine(checkLimits),
    withEngine(checkWarehouse),
  ];
  for (const finding of findings) finding.catch(() => {}); // awaited below
  let exitCode: ExitCode = EXIT.built;
  for await (const finding of findings) {
    if (finding === undefined) continue;
    for (const line of json ? [formatFinding(finding)] : findingLines(finding)) output.raw(printable(line, false)); // docker's own words may be in it
    if (finding.level === 'error') exitCode = EXIT.factory;
  }
  return exitCode;
}

function readClock(): Finding {
  const time = new Date().toISOString();
  return { ...ok('clock', messages.clock(time)), time };
}

/** undefined: this runner isn't installed, and root has made no cgroup for it. */
async function checkLimits(settings: FactorySettings): Promise<Finding | undefined> {
  const { cgroupWay } = await askDocker(settings);
  const limits = limitsOf(settings);
  const enforced = cgroupWay === 'together' ? await areLimitedTogether() : await canLimit(limits);
  if (!enforced && !existsSync(RUNNER)) return undefined;
  if (cgroupWay === 'none')
    return warning(
      'build-limits',
      'builder-without-limits',
      messages.notLimited(messages.IGNORES_CGROUP),
      messages.NEWER_DOCKER,
    );
  return enforced
    ? ok('build-limits', messages.buildLimits(limits, cgroupWay === 'together'))
    : warning('build-limits', 'no-limits', messages.notLimited(messages.NO_CGROUP), messages.LIMIT_BUILDS);
}

async function checkSpool({ spool }: FactorySettings): Promise<Finding> {
  const file = join(spool, `.check-${process.pid}`);
  try {
    await writeFile(file, 'a line that proves it\n', { mode: 0o600 });
    return ok('spool', `spool ${spool} is writable`);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (cause.code === 'ENOENT' && (await isWritable(dirname(spool))))
      return ok('spool', `spool ${spool}, made by the first build`);
    return asFinding('spool', cause.code === 'ENOSPC' ? messages.diskFull() : messages.spoolUnusable(spool, cause));
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** A build makes room by itself where it can, so little room is no error yet. */
async function checkDisk(settings: FactorySettings, dataRoot: string | undefined): Promise<Finding | undefined> {
  const free = await freeBytes({ dataRoot }, settings);
  if (free === Infinity) return undefined; // there is no spool, which has its own finding
  const figures = `disk: ${formatBytes(free)} free, a build must leave ${formatBytes(settings.minFree)}`;
  return free >= settings.minFree ? ok('disk', figures) : warning('disk', 'disk-low', figures, messages.MAKE_ROOM);
}
