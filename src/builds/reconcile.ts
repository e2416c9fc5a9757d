import type { BuildRecord } from '../port/build-record.ts';
import { ranAfter } from './turns.ts';

/** The state of a branch's head; `build`: it must be built. */
export type HeadState = 'build' | 'done' | 'running';

/**
 * A head must be built if it has no record, or its last one is `lost`. A `built` head is done, even if another commit
 * was replayed or rolled back to since; `failed`, `refused` and `cancelled` builds are not repeated. A `superseded`
 * record does not count. `records`: newest first. `stray`: a build that may have made the latest image, but whose
 * commit never became the head; builds before it do not count.
 */
export function headState(head: string, records: readonly BuildRecord[], stray?: BuildRecord): HeadState {
  const since = records.filter((record) => !stray || record.outcome === 'running' || ranAfter(record, stray));
  const last = since.find(({ commit, outcome }) => commit === head && outcome !== 'superseded');
  if (last === undefined) return 'build';
  if (last.outcome === 'lost') return wasRolledBack(since, last) ? 'done' : 'build';
  return last.outcome === 'running' ? 'running' : 'done';
}

/** A rollback stays in effect until somebody pushes or replays. */
function wasRolledBack(records: readonly BuildRecord[], { number }: BuildRecord): boolean {
  return records.some((record) => record.why === 'rollback' && record.outcome === 'built' && record.number > number);
}
