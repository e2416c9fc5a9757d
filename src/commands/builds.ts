import { buildsWithImage, findOrigin, isBuilt } from '../builds/choose-rollback.ts';
import { readLive } from '../builds/live.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { outcomeOf } from '../port/messages/build.ts';
import * as messages from '../port/messages/commit.ts';
import { buildTimes } from '../port/messages/output.ts';
import { rollbackTo } from '../port/messages/status.ts';
import { short } from '../port/messages/text.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { escaped } from '../printable.ts';
import { formatDuration } from '../units.ts';
import { APP, JSON_OPTION } from './arguments.ts';
import type { SharedCommand } from './spec.ts';
import { print } from './stdout.ts';
import { agoOf, formatTable, sparkline } from './table.ts';

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
  const repository = await openRepository(folder);
  const builds = await describeBuilds(repository, options.limit);
  if (options.json) return print(JSON.stringify(builds));
  if (builds.length === 0 && width !== undefined) return print(messages.noBuildsYet(repository.settings));
  const rows = builds.map((build) => [
    // in a pipe, the number alone
    `${build.number}${build.live && width !== undefined ? LIVE_MARK : ''}`,
    outcomeOf(build),
    short(build.commit),
    build.who,
    agoOf(build),
    duration(build) === undefined ? '-' : formatDuration(duration(build) ?? 0),
    `${howOf(build)}${escaped(build.subject)}`,
  ]);
  formatTable(['build', 'outcome', 'commit', 'who', 'ago', 'took', 'subject'], rows, width).forEach(print);
  if (width === undefined) return;
  const live = builds.find((build) => build.live);
  if (live !== undefined) print(`${LIVE_MARK.trim()} live: ${live.image}:latest`);
  const times = builds
    .filter(({ outcome }) => outcome === 'built')
    .map(duration)
    .filter((time) => time !== undefined);
  if (times.length > 1) print(buildTimes(sparkline(times.toReversed())));
}

/** Where an image came from that was not built. */
function howOf({ why, rollbackTo: origin, tag }: ListedBuild): string {
  if (why === 'rollback') return `${rollbackTo(origin)}: `;
  return why === 'promote' ? `promoted to ${tag}: ` : '';
}

const LIVE_MARK = ' *';

interface ListedBuild extends BuildRecord {
  /** Whether its image is the latest in the warehouse. */
  live: boolean;
  /** Of a rollback: the build that made the image; null if its record is no longer kept. */
  rollbackTo: number | null;
}

/** All records are read: the live one, or the origin of a rollback, may be older than those that are listed. */
async function describeBuilds(repository: Repository, limit: number): Promise<ListedBuild[]> {
  const all = await new Records(repository.state).latest();
  const images = buildsWithImage(all);
  const live = (await readLive(repository, all))?.build?.number;
  return all.slice(0, limit).map((record) => ({
    ...record,
    live: record.number === live,
    rollbackTo: record.why === 'rollback' && isBuilt(record) ? (findOrigin(record, images)?.number ?? null) : null,
  }));
}

/** Milliseconds from taking the lock to the end. */
function duration({ started, finished }: BuildRecord): number | undefined {
  return started === null || finished === null ? undefined : Date.parse(finished) - Date.parse(started);
}
