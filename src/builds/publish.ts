import type { BuildRecord } from '../port/build-record.ts';
import { publishBuilt, publishEnd } from '../port/git/verdict-refs.ts';
import type { Log } from '../port/log.ts';
import * as messages from '../port/messages/build.ts';
import { indented, warning } from '../port/messages/text.ts';
import type { Records } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';

/**
 * Publishes the result as refs and a note, and runs `doskara.afterBuild` in between. Failures are only warnings. Call it
 * with the app's lock held, so that results are published in the order of the builds; a superseded build needs no order.
 */
export async function publishResult(repository: Repository, record: BuildRecord, relay: Relay): Promise<void> {
  const publish = async (write: typeof publishEnd) => {
    if (record.gate !== null && !record.landed) return; // the commit is not in the repository
    await write(repository, record).catch((error: Error) => {
      relay.line(warning(messages.unpublished(error)));
      relay.hint(messages.notesBroken(record));
    });
  };
  const { why, outcome } = record;
  const built = outcome === 'built' ? publish(publishBuilt) : undefined;
  if (repository.settings.afterBuild !== undefined && why !== 'promote' && outcome !== 'superseded') {
    await built;
    await afterBuild(repository, record, relay);
  }
  await Promise.all([built, publish(publishEnd)]);
}

/** Most commands do nothing after a build that made no image: then there is no heading either, as if they did. */
async function afterBuild(repository: Repository, record: BuildRecord, relay: Relay): Promise<void> {
  let isAnnounced = false;
  const announce = () => {
    if (!isAnnounced) relay.heading(messages.afterBuild());
    isAnnounced = true;
  };
  if (record.outcome === 'built') announce();
  const { runAfterBuild } = await import('../port/after-build.ts');
  const { exitCode, seconds, failure, hint } = await runAfterBuild(repository, record, (line) => {
    announce();
    relay.line(indented(line));
  });
  record.afterBuild = { exitCode, seconds };
  if (failure !== undefined) relay.line(warning(failure));
  if (hint !== undefined) relay.hint(hint);
}

/** Writes the last line of a build's log, closes it, and records that it is complete: `logs -f` ends then. */
export async function endLog(records: Records, record: BuildRecord, relay: Relay, log: Log): Promise<void> {
  relay.line(messages.verdict(record));
  log[Symbol.dispose]();
  record.logComplete = true;
  await records.save(record).catch(() => {}); // `logs -f` then ends with this process
}
