import { becomeOwner } from '../drop-privileges.ts';
import { findRepository } from '../port/apps.ts';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { escaped } from '../printable.ts';
import { formatDuration } from '../units.ts';
import type { Installed } from './installed-paths.ts';
import { ago, formatTable, sparkline } from './table.ts';

/** `doskara builds <app>`: the newest builds, newest first, and how long the good ones took. */
export async function builds(
  word: string,
  options: { json?: boolean; limit: number },
  { print }: Installed,
): Promise<void> {
  const folder = await findRepository(word);
  await becomeOwner([folder]);
  await showBuilds(folder, options, print, process.stdout.isTTY ? process.stdout.columns : undefined);
}

/** `width`: columns of the reader's terminal; undefined in a pipe. */
export async function showBuilds(
  folder: string,
  options: { json?: boolean; limit: number },
  print: Installed['print'],
  width: number | undefined,
): Promise<void> {
  const { state, settings } = await openRepository(folder);
  const records = await new Records(state).latest(options.limit);
  if (options.json) return print(JSON.stringify(records));
  if (records.length === 0 && width !== undefined) return print(messages.noBuildsYet(settings));
  const rows = records.map((record) => [
    String(record.number),
    record.outcome,
    messages.short(record.commit),
    record.who,
    ago(record.queued, Date.now()),
    duration(record) === undefined ? '-' : formatDuration(duration(record) ?? 0),
    escaped(record.subject),
  ]);
  formatTable(['build', 'outcome', 'commit', 'who', 'ago', 'took', 'subject'], rows, width).forEach(print);
  const times = records
    .filter(({ outcome }) => outcome === 'built')
    .map(duration)
    .filter((time) => time !== undefined);
  if (width !== undefined && times.length > 1)
    print(`${sparkline(times.toReversed())} how long they took, oldest first`);
}

/** Milliseconds from having the lock to the end. */
function duration({ started, finished }: BuildRecord): number | undefined {
  return started === null || finished === null ? undefined : Date.parse(finished) - Date.parse(started);
}
