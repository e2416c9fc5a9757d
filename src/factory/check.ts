import { existsSync } from 'node:fs';
import { access, constants, rm, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { RUNNER } from '../contract.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Finding, findingLines, formatFinding } from '../finding.ts';
import { printable } from '../printable.ts';
import { areLimitedTogether, canLimit } from './cgroups.ts';
import { freeBytes } from './disk.ts';
import { checkBaseImage, checkCli, checkEngine, checkOutputLimit } from './docker/check.ts';
import { checkBuilders } from './docker/check-builders.ts';
import { checkSyntax } from './docker/check-syntax.ts';
import { askDocker, type DockerFacts } from './docker/facts.ts';
import { checkWarehouse } from './docker/registry-probe.ts';
import * as messages from './messages/check.ts';
import type { Output } from './output.ts';
import { countPlaces, placesOf } from './places.ts';
import { type FactorySettings, limitsOf } from './settings.ts';
import { checkDeletes } from './warehouse/check-deletes.ts';

/**
 * `build.sh --check`: prints whether this factory can build, one line per finding (`json`: for programs). The checks run
 * concurrently, but their findings are always in the same order. Without an engine, checks that need it are left out.
 * Exit code: 0, or 4 after an error.
 */
export async function checkFactory(settings: FactorySettings, json: boolean, output: Output): Promise<ExitCode> {
  const checks = startChecks(settings);
  for (const check of checks) check.catch(() => {}); // awaited below
  let exitCode: ExitCode = EXIT.built;
  const print = (finding: Finding) => {
    for (const line of json ? [formatFinding(finding)] : findingLines(finding)) output.raw(printable(line, false)); // may quote docker
    if (finding.level === 'error') exitCode = EXIT.factory;
  };
  for await (const found of checks) [found ?? []].flat().forEach(print);
  return exitCode;
}

function startChecks(settings: FactorySettings): Promise<Finding | Finding[] | undefined>[] {
  const engine = checkEngine(settings);
  const facts = engine.then((finding) => (finding?.level === 'ok' ? askDocker(settings) : undefined));
  const withEngine = (check: (settings: FactorySettings, facts: DockerFacts) => Promise<Finding | undefined>) =>
    facts.then((known) => (known === undefined ? undefined : check(settings, known)));
  const byEngine: typeof withEngine = async (check) => (settings.builders.length === 0 ? withEngine(check) : undefined);
  const builders = checkBuilders(settings);
  const warehouse = byEngine(checkWarehouse);
  const pushes = Promise.all([builders, warehouse]).then((found) =>
    found.flat().some((finding) => finding?.subject === 'warehouse' && finding.level !== 'error'),
  );
  return [
    Promise.resolve(messages.clock(new Date().toISOString())),
    checkCli(settings),
    builders,
    engine,
    withEngine(checkOutputLimit),
    withEngine(checkSyntax),
    byEngine(checkBaseImage),
    checkSpool(settings),
    facts.then((known) => checkDisk(settings, known?.dataRoot)),
    withEngine(checkLimits),
    checkPlaces(settings),
    warehouse,
    pushes.then((any) => (any ? checkDeletes(settings) : undefined)),
  ];
}

/** undefined if this runner is not installed: then root has not created a cgroup for it. */
async function checkLimits(settings: FactorySettings, { cgroupWay }: DockerFacts): Promise<Finding | undefined> {
  const limits = limitsOf(settings);
  const enforced = cgroupWay === 'together' ? await areLimitedTogether() : await canLimit(limits);
  if (!enforced && !existsSync(RUNNER)) return undefined;
  if (cgroupWay === 'none') return messages.builderWithoutLimits();
  return enforced ? messages.buildLimits(limits, cgroupWay === 'together') : messages.noBuildLimits();
}

/** How busy this factory is, and each of its builders. */
async function checkPlaces({ spool, builders, maxBuilds }: FactorySettings): Promise<Finding[]> {
  const names = builders.length === 0 ? [''] : builders;
  const counts = await Promise.all(names.map((name) => countPlaces(placesOf(spool, name), maxBuilds)));
  return counts.map((count, i) => messages.places(names[i] ?? '', count, maxBuilds, loadavg()[0] ?? 0));
}

async function checkSpool({ spool }: FactorySettings): Promise<Finding> {
  const file = join(spool, `.check-${process.pid}`);
  try {
    await writeFile(file, 'test\n', { mode: 0o600 });
    return messages.spool(spool);
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    return cause.code === 'ENOENT' && (await isWritable(dirname(spool)))
      ? messages.spoolLater(spool)
      : messages.noSpool(spool, cause);
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

/** Low space is only a warning, as builds prune before they give up. */
async function checkDisk(settings: FactorySettings, dataRoot: string | undefined): Promise<Finding | undefined> {
  const free = await freeBytes({ dataRoot }, settings);
  // without a spool, which has its own finding
  return free === Infinity ? undefined : messages.disk(free, settings.minFree);
}
