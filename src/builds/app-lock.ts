import { type Lock, takeLock } from '../lock.ts';
import * as messages from '../port/messages/build.ts';
import type { Records } from '../port/records.ts';
import { allowBuilding } from './deadline.ts';
import { publishResult } from './publish.ts';
import { endWithFailure, type RunningBuild } from './running-build.ts';
import { MAX_RECENT_BUILDS } from './supersede.ts';
import { incrementTurn } from './turns.ts';

/**
 * Runs `work` while it holds the app's lock: one build at a time per app. `onWait` is called if another build holds it.
 * Never rejects: a failure to take the lock goes into the record.
 */
export async function withAppLock(
  build: RunningBuild,
  work: (lock: Lock, waited: boolean) => Promise<void>,
  onWait = () => {},
): Promise<void> {
  const { request, records, record, relay, deadline } = build;
  const { lockFile, settings } = request.repository;
  let waited = false;
  const wait = () => {
    waited = true;
    onWait();
    void describeLockHolder(records).then((holder) => relay.heading(messages.waiting(record.app, holder)));
  };
  try {
    await using lock = await takeLock(lockFile, wait, request.signal);
    allowBuilding(deadline, settings);
    record.started = new Date().toISOString();
    record.turn = await incrementTurn(lock, lockFile, records);
    await work(lock, waited);
  } catch (error) {
    if (record.finished !== null) return;
    await endWithFailure(build, error);
    if (record.outcome === 'superseded') await publishResult(request.repository, record, relay); // while it waited
  }
}

async function describeLockHolder(records: Records): Promise<string> {
  const recent = await records.latest(MAX_RECENT_BUILDS);
  const holder = recent.find(({ outcome, started }) => outcome === 'running' && started !== null);
  return holder === undefined ? '' : messages.holder(holder, Date.now());
}
