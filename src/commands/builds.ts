import { buildsWithImage, findOrigin, isBuilt } from '../builds/choose-rollback.ts';
import { readLive } from '../builds/live.ts';
import { runsAfterBuild } from '../builds/outcome.ts';
import { openBranches } from '../port/branches.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { outcomeOf } from '../port/messages/build.ts';
import * as messages from '../port/messages/commit.ts';
import { buildTimes, moreBuilds } from '../port/messages/output.ts';
import { rollbackTo, whatTagsName } from '../port/messages/status.ts';
import { short } from '../port/messages/text.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { escaped } from '../printable.ts';
import { formatDuration } from '../units.ts';
import { APP, JSON_OPTION } from './arguments.ts';
import { type BranchOptions, branchOption, openAsked } from './branch-option.ts';
import type { Session, SharedCommand } from './spec.ts';
import { print } from './stdout.ts';
import { agoOf, formatTable, sparkline } from './table.ts';

interface BuildsOptions extends BranchOptions {
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
    branchOption('only the builds of this branch'),
    JSON_OPTION,
  ],
  async run([app]: [string], options: BuildsOptions, session) {
    await showBuilds(app, options, session);
  },
};

async function showBuilds(app: string, options: BuildsOptions, { openApp, width, typed }: Session): Promise<void> {
  const repository = await openRepository((await openApp(app)).folder);
  const asked = options.branch === undefined ? undefined : (await openAsked(repository, options.branch)).tag;
  const { builds, all } = await describeBuilds(repository, asked, options.limit);
  if (options.json) return print(JSON.stringify(builds));
  if (builds.length === 0 && width !== undefined) return print(messages.noBuildsYet(repository.settings));
  const several = builds.some(({ tag }) => tag !== builds[0]?.tag);
  const rows = builds.map((build) => [
    // in a pipe, the number alone
    `${build.number}${build.live && width !== undefined ? LIVE_MARK : ''}`,
    outcomeOf(build, build.afterBuildRuns),
    short(build.commit),
    ...(several ? [build.tag ?? '-'] : []),
    build.who,
    agoOf(build),
    duration(build) === undefined ? '-' : formatDuration(duration(build) ?? 0),
    `${howOf(build)}${escaped(build.subject)}`,
  ]);
  formatTable(
    ['build', 'outcome', 'commit', ...(several ? ['tag'] : []), 'who', 'ago', 'took', 'subject'],
    rows,
    width,
  ).forEach(print);
  if (width === undefined) return;
  const [live, ...more] = builds.filter((build) => build.live);
  if (live !== undefined)
    print(`${LIVE_MARK.trim()} live: ${more.length > 0 ? whatTagsName() : `${live.image}:${live.tag}`}`);
  const times = builds
    .filter(({ outcome }) => outcome === 'built')
    .map(duration)
    .filter((time) => time !== undefined);
  if (times.length > 1) print(buildTimes(sparkline(times.toReversed())));
  if (all > builds.length) print(typed(moreBuilds(app, builds.length, all)));
}

/** Where an image came from that was not built. */
function howOf({ why, rollbackTo: origin, tag }: ListedBuild): string {
  if (why === 'rollback') return `${rollbackTo(origin)}: `;
  return why === 'promote' ? `promoted to ${tag}: ` : '';
}

const LIVE_MARK = ' *';

interface ListedBuild extends BuildRecord {
  /** Whether it made the image that its tag names in the warehouse; not of tags that an admin gives. */
  live: boolean;
  /** Of a rollback: the build that made the image; null if its record is no longer kept. */
  rollbackTo: number | null;
  afterBuildRuns: boolean;
}

/**
 * `asked`: the tag of a branch; undefined: all. All records are read: the live one, or the origin of a rollback, may be
 * older than those that are listed.
 */
async function describeBuilds(
  repository: Repository,
  asked: string | null | undefined,
  limit: number,
): Promise<{ builds: ListedBuild[]; all: number }> {
  const known = await new Records(repository.state).latest();
  const images = buildsWithImage(known);
  const lives = await Promise.all((await openBranches(repository)).map((each) => readLive(each, known)));
  const all = asked === undefined ? known : known.filter(({ tag }) => tag === asked);
  const listed = all.slice(0, limit).map(async (record) => ({
    ...record,
    live: lives.some((live) => live?.build?.number === record.number),
    rollbackTo: record.why === 'rollback' && isBuilt(record) ? (findOrigin(record, images)?.number ?? null) : null,
    afterBuildRuns: await runsAfterBuild(record, repository.settings),
  }));
  return { builds: await Promise.all(listed), all: all.length };
}

/** Milliseconds from taking the lock to the end. */
function duration({ started, finished }: BuildRecord): number | undefined {
  return started === null || finished === null ? undefined : Date.parse(finished) - Date.parse(started);
}
