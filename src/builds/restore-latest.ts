import { EXIT } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Log } from '../port/log.ts';
import { timedOut } from '../port/messages/build.ts';
import * as messages from '../port/messages/gate.ts';
import { warning } from '../port/messages/text.ts';
import type { Records } from '../port/records.ts';
import { makeRelay } from '../port/relay.ts';
import { readHead } from '../port/repository.ts';
import { openDeadline } from './deadline.ts';
import { connectEarly } from './factory-connection.ts';
import { chooseImageToRestore, findUnacceptedLatest } from './gated-build.ts';
import { retagRemotely } from './remote-build.ts';
import type { QueuedRequest } from './request.ts';

/** Short: the app's lock is held, and the next push waits. */
const TIMEOUT_SECONDS = 60;

/**
 * After a build that the gate rejected but that may have pushed its image: makes the previous image the latest again.
 * Call it with the app's lock held. Never rejects: if it fails, reconcile does it.
 */
export async function restoreLatest(
  { repository, ref, output }: QueuedRequest,
  records: Records,
  record: BuildRecord,
  log: Log,
): Promise<void> {
  const relay = makeRelay(record, log, output);
  const [head, all] = [await readHead(repository, ref), await records.latest()];
  if ((await findUnacceptedLatest(head, all))?.build.number !== record.number) return;
  const to = chooseImageToRestore(head, all);
  if (to === undefined) return relay.line(warning(messages.nothingToRestore(record)));
  relay.heading(messages.restoringLatest(to));
  using limit = openDeadline(new AbortController().signal); // the build's own signal has aborted
  limit.start(TIMEOUT_SECONDS, timedOut(TIMEOUT_SECONDS));
  using factory = connectEarly(repository.settings);
  const reason = await retagRemotely({ repository, to, signal: limit.signal }, factory, relay).then(
    ({ exitCode, error }) => (exitCode === EXIT.built ? undefined : (error ?? `exit code ${exitCode}`)),
    (error: Error) => error.message,
  );
  if (reason !== undefined) return relay.line(warning(messages.notRestored(record, reason)));
  record.pushing = false;
  await records.save(record).catch(() => {}); // reconcile then does it again
}
