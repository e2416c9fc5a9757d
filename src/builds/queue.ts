/** Bounds the builds of an app that wait for its lock: each is a process on port. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LATEST } from '../image-tag.ts';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages/build.ts';
import type { Records } from '../port/records.ts';
import { readHead } from '../port/repository.ts';
import { SupersededError } from './outcome.ts';
import type { BuildRequest } from './request.ts';
import { checkBranchUnmoved, headMoved, MAX_RECENT_BUILDS } from './supersede.ts';

const MAX_WAITING = 10;
const POLL_INTERVAL_MS = 500;

const isWaiting = ({ outcome, started }: BuildRecord) => outcome === 'running' && started === null;

/**
 * Throws a Trouble, and removes the record, if too many builds wait already. Pushes to the main branch and reconcile of
 * it always get a place, since newer ones supersede them while they wait; those of other branches do not supersede each
 * other.
 */
export async function takePlace(record: BuildRecord, records: Records): Promise<void> {
  const { app, number, why, gate, tag } = record;
  const isSuperseded = gate === null && (why === 'push' || why === 'reconcile');
  if (isSuperseded && tag === LATEST) return;
  const ahead = (await records.ofAll().latest()).filter(
    (other) => other.number < number && other.outcome === 'running',
  );
  const others = ahead.filter((other) => other.tag !== tag);
  const waiting = ahead.filter(isWaiting);
  if ((isSuperseded || waiting.length < MAX_WAITING) && others.length < MAX_WAITING) return;
  await records.remove(number);
  throw others.length < MAX_WAITING
    ? messages.queueFull(app, waiting.length)
    : messages.branchesFull(app, others.length);
}

/** Calls `abort` with a SupersededError as soon as a waiting build is no longer needed. */
export async function watchForNewer(
  request: BuildRequest,
  record: BuildRecord,
  records: Records,
  abort: (reason: SupersededError) => void,
): Promise<void> {
  while (record.started === null && !request.signal.aborted) {
    const reason = await supersededMeanwhile(request, record, records).catch(() => undefined); // an unreadable file
    if (reason !== undefined && record.started === null) return abort(reason);
    await sleep(POLL_INTERVAL_MS, undefined, { ref: false });
  }
}

/** It is not enough that the branch has moved on: only the record of the newer build can name it. */
async function supersededMeanwhile(
  { repository, commit, ref, why, gate }: BuildRequest,
  { number }: BuildRecord,
  records: Records,
): Promise<SupersededError | undefined> {
  if (why === 'replay') return undefined;
  const head = await readHead(repository, ref);
  if (gate !== undefined) return checkBranchUnmoved(ref, gate.old, head);
  const others = (await records.latest(MAX_RECENT_BUILDS)).filter((other) => other.number !== number);
  if (head === undefined || (head !== commit && others.some((other) => other.commit === head)))
    return headMoved(repository.settings.branch, head, others);
  const same = others.find(
    (other) => other.number > number && other.commit === commit && other.why !== 'replay' && isWaiting(other),
  );
  return same && new SupersededError(messages.waitsToo(same.number));
}
