import { EXIT } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Log } from '../port/log.ts';
import * as messages from '../port/messages.ts';
import type { Records } from '../port/records.ts';
import { makeRelay } from '../port/relay.ts';
import { readHead } from '../port/repository.ts';
import { openDeadline } from './deadline.ts';
import { chooseRestored, findUnlanded } from './gated-build.ts';
import { retagRemotely } from './remote-build.ts';
import type { QueuedRequest } from './request.ts';

/** Seconds; whoever pushes next waits for it. */
const PATIENCE = 60;

/**
 * For a build that the gate lets nothing in of, and whose image may be the latest in the warehouse: what was the latest
 * before is so again. In the turn of that build; where it fails, reconcile does it. Never rejects.
 */
export async function restoreLatest(
  { repository, ref, output }: QueuedRequest,
  records: Records,
  record: BuildRecord,
  log: Log,
): Promise<void> {
  const relay = makeRelay(log, output);
  const [head, all] = [await readHead(repository, ref), await records.latest()];
  if ((await findUnlanded(head, all))?.build.number !== record.number) return;
  const to = chooseRestored(head, all);
  if (to === undefined) return relay.line(messages.warning(messages.nothingToRestore(record)));
  relay.heading(messages.restoringLatest(to));
  using limit = openDeadline(new AbortController().signal); // the build's own has ended it
  limit.start(PATIENCE, messages.timedOut(PATIENCE));
  const reason = await retagRemotely({ repository, to, signal: limit.signal }, relay).then(
    ({ exitCode, error }) => (exitCode === EXIT.built ? undefined : (error ?? `exit code ${exitCode}`)),
    (error: Error) => error.message,
  );
  if (reason !== undefined) return relay.line(messages.warning(messages.notRestored(record, reason)));
  record.pushing = false;
  await records.save(record).catch(() => {}); // reconcile does it once more
}
