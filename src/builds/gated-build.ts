import type { BuildRecord } from '../port/build-record.ts';
import { openLog } from '../port/log.ts';
import type { Output } from '../port/output.ts';
import { Records } from '../port/records.ts';
import type { Repository } from '../port/repository.ts';
import { isAlive, readStat } from '../proc-stat.ts';
import { type BuiltRecord, isBuilt } from './choose-rollback.ts';
import { openRelay } from './open-relay.ts';
import { endLog, publishResult } from './publish.ts';
import { latestBuild } from './turns.ts';

/** Publishes the build that the gate made of this push. Returns false if there is none. */
export async function finishGatedBuild(repository: Repository, commit: string, output: Output): Promise<boolean> {
  const record = await markAccepted(repository, commit);
  if (record === undefined) return false;
  const records = new Records(repository.state);
  using log = openLog(records.logFile(record.number), repository.settings.maxLog, () => {}); // the image is pushed: a full disk changes nothing
  using relay = openRelay(record, log, output);
  await publishResult(repository, record, relay);
  await endLog(records, record, relay, log);
  return true;
}

/** Finds the build that the gate made of this push, and records that git has moved the branch. */
async function markAccepted(repository: Repository, commit: string): Promise<BuildRecord | undefined> {
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
 * Returns the build that made, or may have made, the latest image in the warehouse, if git has not moved the branch to
 * its commit. `pending`: the gate has passed it and its receive-pack still runs, so git may yet move the branch.
 */
export async function findUnacceptedLatest(
  head: string | undefined,
  records: readonly BuildRecord[],
): Promise<{ build: BuildRecord; pending: boolean } | undefined> {
  const build = latestBuild(
    records.filter(({ outcome, pushing }) => outcome === 'built' || (pushing && outcome !== 'running')),
  );
  if (!build?.gate || isAccepted(build, head)) return undefined;
  return { build, pending: build.outcome === 'built' && (await isAlive(build.gate)) };
}

/** Returns the last build that git accepted: its image replaces a latest image that git did not accept. */
export function chooseImageToRestore(
  head: string | undefined,
  records: readonly BuildRecord[],
): BuiltRecord | undefined {
  return latestBuild(records.filter(isBuilt).filter((build) => isAccepted(build, head)));
}

/** Without a gate, git moves the branch before the build. */
function isAccepted({ gate, landed, commit }: BuildRecord, head: string | undefined): boolean {
  return !gate || landed === true || commit === head;
}
