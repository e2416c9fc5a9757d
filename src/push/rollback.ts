import type { BuildRecord } from '../port/records.ts';
import type { TurnRequest } from './request.ts';

/** A build whose image can be the latest again. */
export type BuiltRecord = BuildRecord & { image: string; digest: string };

/** What a rollback goes from and to. */
export interface Rollback {
  from: BuiltRecord | undefined;
  to: BuiltRecord;
}

export type RollbackRequest = TurnRequest & Rollback;

/**
 * Chooses the build to go back to: the newest one of `commit`, or else the one before what is the latest now, so that
 * a second rollback goes one further. `records`: newest first. Undefined where there is none.
 */
export function chooseRollback(records: readonly BuildRecord[], commit: string | undefined): Rollback | undefined {
  const built = records.filter(isBuilt);
  const [from] = built;
  const origin = built.find(({ why, digest }) => why !== 'rollback' && digest === from?.digest);
  const earlier = built.filter((record) => record.number < (origin?.number ?? 0) && record.commit !== from?.commit);
  const to = commit === undefined ? earlier[0] : built.find((record) => record.commit === commit);
  return to === undefined ? undefined : { from, to };
}

function isBuilt(record: BuildRecord): record is BuiltRecord {
  return record.outcome === 'built' && record.image !== null && record.digest !== null;
}
