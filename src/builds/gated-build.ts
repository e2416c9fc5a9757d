import type { BuildRecord } from '../port/build-record.ts';
import { openLog } from '../port/log.ts';
import type { Output } from '../port/output.ts';
import { Records } from '../port/records.ts';
import { makeRelay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';
import { isAlive, readStat } from '../proc-stat.ts';
import { lastOf } from './order.ts';
import { endLog, publishResult } from './publish.ts';
import { type BuiltRecord, isBuilt } from './rollback.ts';

/** For a post-receive hook: the build that the gate made of this push, if it did; its record hears that git took it. */
export async function markLanded(repository: Repository, commit: string): Promise<BuildRecord | undefined> {
  const records = new Records(repository.state);
  const receivePack = await readStat(process.ppid);
  if (receivePack === undefined) return undefined;
  const record = (await records.latest()).find(
    ({ gate, outcome, ...build }) =>
      build.commit === commit &&
      outcome === 'built' &&
      gate?.pid === receivePack.pid &&
      gate.pidStart === receivePack.pidStart,
  );
  if (record !== undefined) await records.save(Object.assign(record, { landed: true }));
  return record;
}

/**
 * The build that latest in the warehouse is of, or may be, where git has not moved the branch to its commit: not yet
 * (`open`: the gate has let it through, and its receive-pack is still there), or never.
 */
export async function findUnlanded(
  head: string | undefined,
  records: readonly BuildRecord[],
): Promise<{ build: BuildRecord; open: boolean } | undefined> {
  const build = lastOf(
    records.filter(({ outcome, pushing }) => outcome === 'built' || (pushing && outcome !== 'running')),
  );
  if (!build?.gate || isLanded(build, head)) return undefined;
  return { build, open: build.outcome === 'built' && (await isAlive(build.gate)) };
}

/** The build whose image is to be the latest where one that never landed is: what was the latest before. */
export function chooseRestored(head: string | undefined, records: readonly BuildRecord[]): BuiltRecord | undefined {
  return lastOf(records.filter(isBuilt).filter((build) => isLanded(build, head)));
}

/** What has no gate is in the branch before it is built. */
function isLanded({ gate, landed, commit }: BuildRecord, head: string | undefined): boolean {
  return !gate || landed === true || commit === head;
}

/** The rest of a build that the gate has made of this push; resolves with whether there is one. */
export async function finishGatedBuild(repository: Repository, commit: string, output: Output): Promise<boolean> {
  const record = await markLanded(repository, commit);
  if (record === undefined) return false;
  const records = new Records(repository.state);
  using log = openLog(records.logFile(record.number), () => {}); // what it lacks has been built
  const relay = makeRelay(log, output);
  await publishResult(repository, record, relay);
  await endLog(records, record, relay);
  return true;
}
