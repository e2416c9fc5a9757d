import type { BuildRecord } from '../port/build-record.ts';
import { isAfter } from './order.ts';

/** What became of a branch's head; `build` when nothing that counts has. */
export type HeadState = 'build' | 'done' | 'running';

/**
 * Whether a head must be built: it has no record, or its last one is `lost`. What was `built` is done, even if another
 * commit was replayed since, or an admin has gone back to one; what `failed`, was `refused` or `cancelled` is somebody's
 * own doing. A `superseded` record says nothing about the commit. `records`: newest first. `stray`: latest in the
 * warehouse may be of this build, whose commit git has never made the head; what was built before it counts no more.
 */
export function judgeHead(head: string, records: readonly BuildRecord[], stray?: BuildRecord): HeadState {
  const since = records.filter((record) => !stray || record.outcome === 'running' || isAfter(record, stray));
  const last = since.find(({ commit, outcome }) => commit === head && outcome !== 'superseded');
  if (last === undefined) return 'build';
  if (last.outcome === 'lost') return hasGoneBack(since, last) ? 'done' : 'build';
  return last.outcome === 'running' ? 'running' : 'done';
}

/** After a rollback it is the admin, or the next push, who goes forward again. */
function hasGoneBack(records: readonly BuildRecord[], { number }: BuildRecord): boolean {
  return records.some((record) => record.why === 'rollback' && record.outcome === 'built' && record.number > number);
}
