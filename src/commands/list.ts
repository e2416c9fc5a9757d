import { readLive } from '../builds/live.ts';
import { runsAfterBuild } from '../builds/outcome.ts';
import { Trouble } from '../errors.ts';
import { LATEST } from '../image-tag.ts';
import { appOf } from '../port/apps.ts';
import { openBranches } from '../port/branches.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { outcomeOf } from '../port/messages/build.ts';
import { createFirst, moreAboutOne } from '../port/messages/output.ts';
import { short } from '../port/messages/text.ts';
import { recordsOf } from '../port/records.ts';
import { openRepository, type Repository, readHead } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import { escaped } from '../printable.ts';
import { formatBytes } from '../units.ts';
import { JSON_OPTION } from './arguments.ts';
import type { Session, SharedCommand } from './spec.ts';
import { print } from './stdout.ts';
import { agoOf, formatTable } from './table.ts';

export const list: SharedCommand = {
  name: 'list',
  summary: 'list apps: head, what is live, last build, image size',
  who: 'both',
  options: [JSON_OPTION],
  async run(_args, options: { json?: boolean }, session) {
    await listApps(options, session);
  },
};

async function listApps({ json }: { json?: boolean }, { openApps, width, typed }: Session): Promise<void> {
  const apps = await describeApps(await openApps());
  if (json) return print(JSON.stringify(apps));
  if (apps.length === 0 && width !== undefined) return print(typed(createFirst()));
  appTable(apps, width).forEach(print);
  if (width !== undefined) print(typed(moreAboutOne()));
}

/** `width`: columns of the reader's terminal; undefined in a pipe. */
export function appTable(apps: readonly App[], width: number | undefined): string[] {
  const isSpread = apps.some(({ factory }) => factory !== null);
  const rows = apps.flatMap(({ app, factory, error, branches, ...main }) =>
    [
      cellsOf(app, main, error),
      ...branches.map((each) =>
        cellsOf(each.tag === null ? `${app} ${escaped(`${each.branch}`)}` : `${app}:${each.tag}`, each, null),
      ),
    ].map((cells) => [...cells, ...(isSpread ? [factory ?? '-'] : [])]),
  );
  const titles = ['app', 'head', 'live (build)', 'last build', 'ago', 'image', ...(isSpread ? ['factory'] : [])];
  return formatTable(titles, rows, width, titles.indexOf('last build'));
}

function cellsOf(
  name: string,
  { head, live, last, afterBuildRuns, imageBytes }: BuiltBranch,
  error: string | null,
): string[] {
  return [
    name,
    head === null ? '-' : short(head),
    live === null ? '-' : `${short(live.commit)}${live.number === null ? '' : ` (${live.number})`}`,
    error ?? (last === null ? '-' : `${outcomeOf(last, afterBuildRuns)} (build ${last.number})`),
    last === null ? '-' : agoOf(last),
    imageBytes === null ? '-' : formatBytes(imageBytes),
  ];
}

export function describeApps(folders: readonly string[]): Promise<App[]> {
  return Promise.all(folders.map(describeApp));
}

/** A branch that is built, and its image. */
interface BuiltBranch {
  branch: string | null;
  /** Of its image; null: it has none. */
  tag: string | null;
  head: string | null;
  /** The commit whose image has the tag. */
  latest: string | null;
  /** The same, with the build or rollback that gave it the tag, if its record is kept. */
  live: { commit: string; number: number | null } | null;
  last: BuildRecord | null;
  /** Whether doskara.afterBuild, such as a deploy, runs for the last build. */
  afterBuildRuns: boolean;
  /** Of the newest image. */
  imageBytes: number | null;
}

/** With its main branch, whose tag is latest. */
interface App extends BuiltBranch {
  app: string;
  folder: string;
  branches: BuiltBranch[];
  /** Its home, where apps are spread over factories. */
  factory: string | null;
  /** Why the rest is unknown. */
  error: string | null;
}

/** How many builds are searched for one that made an image. */
const RECENT_BUILDS = 5;
const UNKNOWN = {
  ...{ branch: null, tag: LATEST, head: null, latest: null, live: null, last: null, afterBuildRuns: false },
  imageBytes: null,
};

/** A damaged repository does not hide the others. */
async function describeApp(folder: string): Promise<App> {
  try {
    const repository = await openRepository(folder);
    const { app, factories, spread } = repository.settings;
    const factory = (spread && factories[0]) || null;
    const [main = UNKNOWN, ...branches] = await Promise.all((await openBranches(repository)).map(describeBranch));
    return { app, folder, ...main, branches, factory, error: null };
  } catch (thrown) {
    const error = asTrouble(thrown, folder);
    if (!(error instanceof Trouble)) throw error;
    return { ...UNKNOWN, app: appOf(folder), folder, branches: [], factory: null, error: `error: ${error.message}` };
  }
}

async function describeBranch(repository: Repository): Promise<BuiltBranch> {
  const { tag, settings } = repository;
  const { branch } = settings;
  const recent = await recordsOf(repository).latest(RECENT_BUILDS);
  const imageBytes = recent.find(({ outcome }) => outcome === 'built')?.imageBytes ?? null;
  const head = (await readHead(repository, `refs/heads/${branch}`)) ?? null;
  const { commit: latest, build } = (await readLive(repository, recent)) ?? { commit: null };
  const live = latest === null ? null : { commit: latest, number: build?.number ?? null };
  const [last = null] = recent;
  const afterBuildRuns = last !== null && (await runsAfterBuild(last, settings));
  return { branch, tag, head, latest, live, last, afterBuildRuns, imageBytes };
}
