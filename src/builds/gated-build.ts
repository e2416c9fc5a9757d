import { takeLock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { openLog } from '../port/log.ts';
import type { Output } from '../port/output.ts';
import { type Records, recordsOf } from '../port/records.ts';
import type { Repository } from '../port/repository.ts';
import { isAlive, type ProcessId, readStat } from '../proc-stat.ts';
import { type BuiltRecord, isAccepted, isBuilt } from './choose-rollback.ts';
import { openRelay } from './open-relay.ts';
import { endLog, publishResult } from './publish.ts';
import { latestBuild } from './turns.ts';

/** Publishes the build that the gate made of this push. Returns false if there is none. */
export async function finishGatedBuild(repository: Repository, commit: string, output: Output): Promise<boolean> {
  const receivePack = await readStat(process.ppid);
  const records = recordsOf(repository);
  const record = receivePack && findGatedBuild(await records.latest(), commit, receivePack);
  if (record === undefined) return false;
  await finish(repository, records, record, output);
  return true;
}

/** Finds the build that the gate made of a push. */
export function findGatedBuild(
  records: readonly BuildRecord[],
  commit: string,
  { pid, pidStart }: ProcessId,
): BuildRecord | undefined {
  return records.find(
    ({ gate, outcome, ...build }) =>
      build.commit === commit && outcome === 'built' && gate?.pid === pid && gate.pidStart === pidStart,
  );
}

/**
 * Publishes the build that made the latest image, if git moved the branch to its commit but ended before it ran
 * post-receive, for example because the pusher was gone.
 */
export async function publishLanded(
  repository: Repository,
  head: string,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const records = recordsOf(repository);
  const find = async () => {
    const build = latestBuild((await records.latest()).filter(isBuilt));
    if (!build?.gate || build.landed === true || build.commit !== head) return undefined;
    return (await isAlive(build.gate)) ? undefined : build;
  };
  if ((await find()) === undefined) return;
  await using _lock = await takeLock(repository.lockFile, () => {}, signal);
  const record = await find();
  if (record !== undefined) await finish(repository, records, record, output);
}

/** Records that git has moved the branch, and publishes the result. */
async function finish(repository: Repository, records: Records, record: BuildRecord, output: Output): Promise<void> {
  record.landed = true;
  await records.save(record);
  const { maxLog } = repository.settings;
  using log = openLog(records.logFile(record.number), maxLog, () => {}); // the image is pushed: a full disk changes nothing
  using relay = openRelay(record, log, output);
  await publishResult(repository, record, relay);
  await endLog(records, record, relay, log);
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
  if (!build?.gate || isAcceptedAt(build, head)) return undefined;
  return { build, pending: build.outcome === 'built' && (await isAlive(build.gate)) };
}

/** Returns the last build that git accepted: its image replaces a latest image that git did not accept. */
export function chooseImageToRestore(
  head: string | undefined,
  records: readonly BuildRecord[],
): BuiltRecord | undefined {
  return latestBuild(records.filter(isBuilt).filter((build) => isAcceptedAt(build, head)));
}

/** Git may have moved the branch, and not said so yet. */
function isAcceptedAt(build: BuildRecord, head: string | undefined): boolean {
  return isAccepted(build) || build.commit === head;
}
