import type { BuildRecord } from '../port/build-record.ts';
import { isAfter } from './order.ts';
import type { QueuedRequest } from './request.ts';

/** A build whose image can be the latest again. */
export type BuiltRecord = BuildRecord & { image: string; digest: string };

/** What a rollback goes from and to. */
export interface Rollback {
  from: BuildRecord | undefined;
  to: BuiltRecord;
}

/** A rollback that waits for its turn. */
export interface RollbackRequest extends QueuedRequest {
  /** What it goes to, of the records there are when it has its turn. Rejects where there is nothing to go to. */
  choose(records: readonly BuildRecord[]): Promise<Rollback>;
}

/**
 * Chooses the build to go back to: the newest one of `commit`, or else the one before what is the latest now, so that
 * a second rollback goes one further. Undefined where there is none.
 */
export function chooseRollback(records: readonly BuildRecord[], commit: string | undefined): Rollback | undefined {
  const built = records.filter(isBuilt).filter(({ gate, landed }) => !gate || landed === true);
  built.sort((a, b) => (isAfter(a, b) ? -1 : 1));
  const [from] = built;
  // what was only made the latest again was sent no archive
  const origin = built.find(
    ({ why, archive, digest }) => why !== 'rollback' && archive !== null && digest === from?.digest,
  );
  const earlier = built.filter(
    (build) => origin !== undefined && isAfter(origin, build) && build.commit !== from?.commit,
  );
  const to = commit === undefined ? earlier[0] : built.find((record) => record.commit === commit);
  return to === undefined ? undefined : { from, to };
}

export function isBuilt(record: BuildRecord): record is BuiltRecord {
  return record.outcome === 'built' && record.image !== null && record.digest !== null;
}
