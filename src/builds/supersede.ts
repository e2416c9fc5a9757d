import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages/build.ts';
import { movedDuringBuild } from '../port/messages/gate.ts';
import type { Records } from '../port/records.ts';
import { readHead } from '../port/repository.ts';
import { SupersededError } from './outcome.ts';
import type { BuildRequest } from './request.ts';

/** Records to search for another build that runs or has just ended. */
export const MAX_RECENT_BUILDS = 20;

/**
 * Throws a SupersededError if a pushed commit is no longer the head, since an older build must not overwrite a newer
 * one, or if another build has built it while this one waited. Call it with the app's lock held.
 */
export async function checkNotSuperseded(
  request: BuildRequest,
  { number }: BuildRecord,
  records: Records,
  waited: boolean,
): Promise<void> {
  const { repository, commit, ref, why, gate } = request;
  if (why === 'replay') return;
  const head = await readHead(repository, ref);
  const moved = gate && checkBranchUnmoved(ref, gate.old, head);
  if (moved !== undefined) throw moved;
  if (gate !== undefined || (head === commit && !waited)) return;
  const others = (await records.latest(MAX_RECENT_BUILDS)).filter((other) => other.number !== number);
  if (head !== commit) throw headMoved(repository.settings.branch, head, others);
  const last = others.find(({ outcome }) => outcome === 'built');
  if (last?.commit === commit) throw new SupersededError(messages.builtBy(last.number));
}

/** Git would reject the push as well, but only after the build. */
export function checkBranchUnmoved(
  ref: string,
  old: string | undefined,
  head: string | undefined,
): SupersededError | undefined {
  if (head === old) return undefined;
  const trouble = movedDuringBuild(ref, head);
  return new SupersededError(trouble.message, { cause: trouble });
}

export function headMoved(branch: string, head: string | undefined, others: readonly BuildRecord[]): SupersededError {
  const next = others.find(({ commit, outcome }) => commit === head && outcome === 'running');
  return new SupersededError(messages.supersededBy(branch, head, next?.number));
}
