import type { BuildRecord } from '../port/build-record.ts';
import type { Records } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import * as words from '../port/words.ts';

/** The last line of a build's log, and the word to those who follow it that it was the last. */
export async function endLog(records: Records, record: BuildRecord, relay: Relay): Promise<void> {
  relay.line(words.verdict(record));
  record.logComplete = true;
  await records.save(record).catch(() => {}); // who follows it then waits for our end
}
