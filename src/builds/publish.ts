import { takeLock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { publishVerdict } from '../port/git/verdict-refs.ts';
import * as messages from '../port/messages.ts';
import type { Records } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';

/**
 * What follows a build: its verdict as a ref and a note, and `doskara.afterBuild`. To be called in the app's lock, so
 * that of two builds the later one is known last. What fails here spoils no build.
 */
export async function publishResult(repository: Repository, record: BuildRecord, relay: Relay): Promise<void> {
  await publish(repository, record).catch((error: Error) => {
    relay.line(messages.warning(messages.unpublished(error)));
    relay.line(messages.hint(messages.notesBroken(record)));
  });
  if (repository.settings.afterBuild === undefined || record.outcome === 'superseded') return;
  relay.heading(messages.afterBuild());
  const { runAfterBuild } = await import('../port/after-build.ts');
  const failure = await runAfterBuild(repository, record, (line) => relay.line(messages.indented(line)));
  if (failure !== undefined) relay.line(messages.warning(failure));
}

/**
 * What a gate keeps out is no commit of the repository. What it lets in is made known when git has taken it, and the
 * app's lock may be another's by then.
 */
async function publish(repository: Repository, record: BuildRecord): Promise<void> {
  if (record.gate !== null && !record.landed) return;
  await using _lock = repository.settings.gate ? await takeLock(`${repository.lockFile}-notes`, () => {}) : undefined;
  await publishVerdict(repository, record);
}

/** The last line of a build's log, and the word to those who follow it that it was the last. */
export async function endLog(records: Records, record: BuildRecord, relay: Relay): Promise<void> {
  relay.line(messages.verdict(record));
  record.logComplete = true;
  await records.save(record).catch(() => {}); // who follows it then waits for our end
}
