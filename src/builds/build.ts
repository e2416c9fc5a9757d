import { EXIT } from '../exit-codes.ts';
import type { Lock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { openLog } from '../port/log.ts';
import * as messages from '../port/messages/build.ts';
import { indented, warning } from '../port/messages/text.ts';
import type { Output } from '../port/output.ts';
import { makeRelay, type Relay } from '../port/relay.ts';
import { withAppLock } from './app-lock.ts';
import { type BuiltRecord, goesForward, type RollbackRequest, sourceOf } from './choose-rollback.ts';
import { openDeadline } from './deadline.ts';
import { connectEarly, connectInTurn, type FactoryConnection } from './factory-connection.ts';
import { startPreflight } from './preflight/preflight.ts';
import { endLog } from './publish.ts';
import { watchForNewer } from './queue.ts';
import { type FactoryEnd, retagRemotely, sendCommit } from './remote-build.ts';
import type { BuildRequest, CommitRequest } from './request.ts';
import {
  closeBuild,
  createRecord,
  openBuild,
  publishBuild,
  type RunningBuild,
  recordEnd,
  saveEnd,
} from './running-build.ts';
import { endStartTurn } from './start-turn.ts';
import { checkNotSuperseded } from './supersede.ts';
import { findUnchanged } from './unchanged.ts';

/**
 * Builds a commit. A failed build does not throw: the returned record, which is also saved, says how it ended. The
 * preflight and the connection start before the record is written; both start again if another build holds the lock.
 */
export async function buildCommit(asked: BuildRequest): Promise<BuildRecord> {
  using deadline = openDeadline(asked.signal);
  const request = { ...asked, signal: deadline.signal };
  using preflight = startPreflight(request);
  using factory = connectInTurn(request.repository.settings, preflight.passed(), deadline);
  using build = await openBuild(request, deadline);
  const { records, record } = build;
  build.relay.heading(messages.starting(record));
  const onWait = () => {
    endStartTurn();
    preflight.stop();
    factory.close();
    explainCtrlC(build, request);
    void watchForNewer(request, record, records, deadline.abort);
  };
  const work = async (lock: Lock, waited: boolean) => {
    await recordEnd(build, async () => {
      await checkNotSuperseded(request, record, records, waited);
      const checked = await preflight.passed();
      const same = await findUnchanged(request, records);
      const reused = same && (await reuseImage(request, same, factory, build.relay));
      if (reused !== undefined) return reused;
      if (!waited) explainCtrlC(build, request);
      return sendCommit(request, factory, checked, build);
    });
    await publishBuild(build, lock);
  };
  await withAppLock(build, work, onWait);
  return closeBuild(build);
}

/** Has an image serve another commit, too. Resolves to undefined if the warehouse no longer has it. */
async function reuseImage(
  request: BuildRequest,
  to: BuiltRecord,
  factory: FactoryConnection,
  relay: Relay,
): Promise<FactoryEnd | undefined> {
  relay.heading(messages.unchanged(to, request.repository.settings));
  using held = relay.hold();
  const end = await retagRemotely({ ...request, to }, factory, relay);
  if (relay.errorCode !== 'image-gone') return end;
  held.drop();
  relay.line(warning(messages.unchangedGone(to)));
  return undefined;
}

/**
 * Makes the image of an earlier build the latest again, or gives it another tag. It has a record, takes the app's lock
 * and is published, as a build is. `choose` is called with the lock held: the latest image may have changed while it
 * waited.
 */
export async function rollBack(asked: RollbackRequest): Promise<BuildRecord> {
  using deadline = openDeadline(asked.signal);
  const request = { ...asked, signal: deadline.signal };
  using build = await openBuild(request, deadline);
  const { records, record, relay } = build;
  await withAppLock(build, async (lock) => {
    await recordEnd(build, async () => {
      const all = await records.latest();
      const chosen = await request.choose(all);
      const { from, to } = chosen;
      Object.assign(record, sourceOf(to));
      relay.heading(
        record.why === 'promote'
          ? messages.promoting(record, to)
          : messages.rollingBack(record, from, to, goesForward(chosen, all)),
      );
      using factory = connectEarly(request.repository.settings);
      return await retagRemotely({ repository: request.repository, signal: request.signal, to }, factory, relay);
    });
    await publishBuild(build, lock);
  });
  return closeBuild(build);
}

/** Records a commit that was pushed with `-o skip` as cancelled, so that reconcile does not build it. */
export async function skipCommit(request: CommitRequest, output: Output): Promise<void> {
  const { records, record } = await createRecord(request);
  using log = openLog(records.logFile(record.number), request.repository.settings.maxLog, () => {});
  await saveEnd(records, record, { outcome: 'cancelled', exitCode: EXIT.cancelled, error: messages.skipped() });
  const relay = makeRelay(record, log, output);
  relay.line(warning(messages.skipped()));
  await endLog(records, record, relay, log);
}

/** Not for a commit that is refused at once: there is nothing to watch. */
function explainCtrlC({ record, relay }: RunningBuild, { outlivesTerminal, gate, output }: BuildRequest): void {
  if (outlivesTerminal || gate !== undefined) relay.line(indented(output.typed(messages.ctrlC(record))));
}
