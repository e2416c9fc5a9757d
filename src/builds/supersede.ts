import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages.ts';
import type { Records } from '../port/records.ts';
import { readHead } from '../port/repository.ts';
import { findUnlanded } from './gated-build.ts';
import { Superseded } from './outcome.ts';
import type { BuildRequest, QueuedRequest } from './request.ts';

/** How many records are looked at for another build that runs or has just ended. */
export const RECENT = 20;
/** Milliseconds between two looks at what git does, and until nobody looks any more. */
const LOOK = 50;
const PATIENCE = 10_000;

/**
 * For a commit that has its turn. A pushed one that is no longer the head is not built: an older build must never
 * follow a newer one. Nor is one that another build has made while this one waited.
 */
export async function checkNotSuperseded(
  request: BuildRequest,
  { number }: BuildRecord,
  records: Records,
  waited: boolean,
): Promise<void> {
  const { repository, commit, ref, why, gate } = request;
  if (repository.settings.gate) await waitForGit(request, records);
  if (why === 'replay') return;
  const head = await readHead(repository, ref);
  if (gate !== undefined) return checkNotMoved(ref, gate.old, head);
  if (head === commit && !waited) return;
  const others = (await records.latest(RECENT)).filter((other) => other.number !== number);
  if (head !== commit) {
    const next = others.find((other) => other.commit === head && other.outcome === 'running');
    throw new Superseded(messages.supersededBy(repository.settings.branch, head, next?.number));
  }
  const last = others.find(({ outcome }) => outcome === 'built');
  if (last?.commit === commit) throw new Superseded(messages.builtBy(last.number));
}

/**
 * The lock is free when a gate has let its push through, but the branch moves only after that: until then nobody builds.
 * Not for ever: a pusher who does not read on may keep git from moving it, and git then refuses to, since the branch has
 * moved meanwhile, or reconcile mends what was not to be.
 */
async function waitForGit({ repository, signal }: QueuedRequest, records: Records): Promise<void> {
  const ref = `refs/heads/${repository.settings.branch}`;
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(LOOK)) {
    const unlanded = await findUnlanded(await readHead(repository, ref), await records.latest());
    if (!unlanded?.open) return;
    signal.throwIfAborted();
  }
}

/** Git would refuse to move the branch from where it no longer is, but only after the build. */
function checkNotMoved(ref: string, old: string | undefined, head: string | undefined): void {
  if (head === old) return;
  const trouble = messages.movedMeanwhile(ref, head);
  throw new Superseded(trouble.message, { cause: trouble });
}
