import type { BuildRecord } from '../port/build-record.ts';
import { outcomeOf } from '../port/messages/build.ts';
import * as messages from '../port/messages/commit.ts';
import { buildTimes } from '../port/messages/output.ts';
import { short } from '../port/messages/text.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { escaped } from '../printable.ts';
import { formatDuration } from '../units.ts';
import { APP, JSON_OPTION } from './arguments.ts';
import type { SharedCommand } from './spec.ts';
import { print } from './stdout.ts';
import { ago, formatTable, sparkline } from './table.ts';

interface BuildsOptions {
  json?: boolean;
  limit: number;
}

export const builds: SharedCommand = {
  name: 'builds',
  summary: 'list the builds of an app, newest first',
  who: 'both',
  arguments: [APP],
  options: [
    {
      flags: '-n, --limit <number>',
      meaning: 'how many builds to list',
      default: 20,
      grammar: { fits: (text) => /^[1-9]\d{0,5}$/.test(text), wanted: 'a number from 1 on' },
    },
    JSON_OPTION,
  ],
  async run([app]: [string], options: BuildsOptions, { openApp, width }) {
    await showBuilds((await openApp(app)).folder, options, width);
  },
};

async function showBuilds(folder: string, options: BuildsOptions, width: number | undefined): Promise<void> {
  const { state, settings } = await openRepository(folder);
  const records = await new Records(state).latest(options.limit);
  if (options.json) return print(JSON.stringify(records));
  if (records.length === 0 && width !== undefined) return print(messages.noBuildsYet(settings));
  const rows = records.map((record) => [
    String(record.number),
    outcomeOf(record),
    short(record.commit),
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
  if (width !== undefined && times.length > 1) print(buildTimes(sparkline(times.toReversed())));
}

/** Milliseconds from taking the lock to the end. */
function duration({ started, finished }: BuildRecord): number | undefined {
  return started === null || finished === null ? undefined : Date.parse(finished) - Date.parse(started);
}
