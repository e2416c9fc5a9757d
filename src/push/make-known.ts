import { takeLock } from '../flock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Relay } from '../port/relay.ts';
import type { Repository } from '../port/repository.ts';
import { publishVerdict } from '../port/verdict.ts';
import * as words from '../port/words.ts';

/**
 * What follows a build: its verdict as a ref and a note, and `doskara.afterBuild`. To be called in the app's lock, so
 * that of two builds the later one is known last. What fails here spoils no build.
 */
export async function makeKnown(repository: Repository, record: BuildRecord, relay: Relay): Promise<void> {
  await publish(repository, record).catch((error: Error) => {
    relay.line(words.warning(words.unpublished(error)));
    relay.line(words.hint(words.notesBroken(record)));
  });
  if (repository.settings.afterBuild === undefined || record.outcome === 'superseded') return;
  relay.heading(words.afterBuild());
  const { runAfterBuild } = await import('../port/after-build.ts');
  const failure = await runAfterBuild(repository, record, (line) => relay.line(words.indented(line)));
  if (failure !== undefined) relay.line(words.warning(failure));
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
