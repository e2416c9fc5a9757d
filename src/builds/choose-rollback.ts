import type { BuildRecord } from '../port/build-record.ts';
import type { QueuedRequest } from './request.ts';
import { ranAfter } from './turns.ts';

/** A build that has an image to roll back to. */
export type BuiltRecord = BuildRecord & { image: string; digest: string };

export interface Rollback {
  from: BuildRecord | undefined;
  to: BuiltRecord;
}

export interface RollbackRequest extends QueuedRequest {
  /** Called with all records once the app's lock is held. Rejects if there is nothing to roll back to. */
  choose(records: readonly BuildRecord[]): Promise<Rollback>;
}

/**
 * Chooses the build to roll back to: a number, or the newest one of a commit, or else the one before the current latest,
 * so that a second rollback goes back one further. Undefined if there is none.
 */
export function chooseRollback(
  records: readonly BuildRecord[],
  target: string | number | undefined,
): Rollback | undefined {
  const built = buildsWithImage(records);
  const [from] = built;
  const origin = from === undefined ? undefined : findOrigin(from, built);
  const earlier = built.filter(
    (build) => origin !== undefined && ranAfter(origin, build) && build.commit !== from?.commit,
  );
  const to =
    target === undefined ? earlier[0] : built.find(({ commit, number }) => target === commit || target === number);
  return to === undefined ? undefined : { from, to };
}

/** What an image was built from, and with which settings, which may be others now. */
export function sourceOf(build: BuildRecord): Partial<BuildRecord> {
  const { commit, ref, subject, folder, dockerfile, baseImage, imageOptions, submodules } = build;
  return { commit, ref, subject, folder, dockerfile, baseImage, imageOptions, submodules };
}

/** Whether a rollback makes the image of a later build the latest, as one does that undoes another. */
export function goesForward({ from, to }: Rollback, records: readonly BuildRecord[]): boolean {
  if (from === undefined) return false;
  const built = buildsWithImage(records);
  const origin = isBuilt(from) ? findOrigin(from, built) : undefined;
  return ranAfter(findOrigin(to, built) ?? to, origin ?? from);
}

/** The builds and rollbacks whose image is, or was, the latest; the last one first. */
export function buildsWithImage(records: readonly BuildRecord[]): BuiltRecord[] {
  return records
    .filter(isBuilt)
    .filter(isAccepted)
    .sort((a, b) => (ranAfter(a, b) ? -1 : 1));
}

/** The build that made the image of a build or rollback. undefined if its record is no longer kept. */
export function findOrigin(of: BuiltRecord, records: readonly BuildRecord[]): BuildRecord | undefined {
  // a rollback sent no archive
  return records.find(
    (build) => build.why !== 'rollback' && build.archive !== null && build.digest === of.digest && !ranAfter(build, of),
  );
}

/** Without a gate, git moves the branch before the build. */
export function isAccepted({ gate, landed }: BuildRecord): boolean {
  return !gate || landed === true;
}

export function isBuilt(record: BuildRecord): record is BuiltRecord {
  return record.outcome === 'built' && record.image !== null && record.digest !== null;
}
