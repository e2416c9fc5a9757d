import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages/build.ts';
import { movedDuringBuild } from '../port/messages/gate.ts';
import type { Records } from '../port/records.ts';
import { readHead } from '../port/repository.ts';
import { findUnacceptedLatest } from './gated-build.ts';
import { SupersededError } from './outcome.ts';
import type { BuildRequest, QueuedRequest } from './request.ts';

/** Records to search for another build that runs or has just ended. */
export const MAX_RECENT_BUILDS = 20;
const POLL_INTERVAL_MS = 50;
const MAX_BRANCH_WAIT_MS = 10_000;

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
  if (repository.settings.gate) await waitForBranchUpdate(request, records);
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

/**
 * A gated build releases the lock before git moves the branch, so the next build waits for that. Not forever: a pusher
 * who does not read can block git. If the branch has moved by then, git rejects that push; otherwise reconcile restores
 * the latest image.
 */
async function waitForBranchUpdate({ repository, signal }: QueuedRequest, records: Records): Promise<void> {
  const ref = `refs/heads/${repository.settings.branch}`;
  for (const end = Date.now() + MAX_BRANCH_WAIT_MS; Date.now() < end; await sleep(POLL_INTERVAL_MS)) {
    const unaccepted = await findUnacceptedLatest(await readHead(repository, ref), await records.latest());
    if (!unaccepted?.pending) return;
    signal.throwIfAborted();
  }
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
