import type { BuildRecord } from '../port/build-record.ts';
import { ranAfter } from './order.ts';
import type { QueuedRequest } from './request.ts';

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
 * Chooses the build to roll back to: the newest one of `commit`, or else the one before the current latest, so that a
 * second rollback goes back one further. Undefined if there is none.
 */
export function chooseRollback(records: readonly BuildRecord[], commit: string | undefined): Rollback | undefined {
  const built = records.filter(isBuilt).filter(({ gate, landed }) => !gate || landed === true);
  built.sort((a, b) => (ranAfter(a, b) ? -1 : 1));
  const [from] = built;
  // a rollback sent no archive: look for the build that made the image
  const origin = built.find(
    ({ why, archive, digest }) => why !== 'rollback' && archive !== null && digest === from?.digest,
  );
  const earlier = built.filter(
    (build) => origin !== undefined && ranAfter(origin, build) && build.commit !== from?.commit,
  );
  const to = commit === undefined ? earlier[0] : built.find((record) => record.commit === commit);
  return to === undefined ? undefined : { from, to };
}

export function isBuilt(record: BuildRecord): record is BuiltRecord {
  return record.outcome === 'built' && record.image !== null && record.digest !== null;
}
