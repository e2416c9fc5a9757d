import { basename } from 'node:path';
import { Trouble } from '../errors.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { outcomeOf } from '../port/messages/build.ts';
import { short } from '../port/messages/text.ts';
import { Records } from '../port/records.ts';
import { openRepository, readHead } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import { formatBytes } from '../units.ts';
import { JSON_OPTION } from './arguments.ts';
import type { SharedCommand } from './spec.ts';
import { print } from './stdout.ts';
import { ago, formatTable } from './table.ts';

export const list: SharedCommand = {
  name: 'list',
  summary: 'list apps: head, last build, image size',
  who: 'both',
  options: [JSON_OPTION],
  async run(_args, options: { json?: boolean }, { openApps, width }) {
    await showApps(await openApps(), options, width);
  },
};

/** `width`: columns of the reader's terminal; undefined in a pipe. */
export async function showApps(
  folders: readonly string[],
  options: { json?: boolean },
  width: number | undefined,
): Promise<void> {
  const apps = await Promise.all(folders.map(describeApp));
  if (options.json) return print(JSON.stringify(apps));
  const rows = apps.map(({ app, head, latest, last, imageBytes, error }) => [
    app,
    head === null ? '-' : short(head),
    error ?? `${last === null ? '-' : `${outcomeOf(last)} (build ${last.number})`}${otherLatest(head, latest, last)}`,
    last === null ? '-' : ago(last.finished ?? last.queued, Date.now()),
    imageBytes === null ? '-' : formatBytes(imageBytes),
  ]);
  formatTable(['app', 'head', 'last build', 'ago', 'image'], rows, width).forEach(print);
}

/** Differs from the head after a replay or rollback of another commit. If the head's own build failed, its outcome says enough. */
function otherLatest(head: string | null, latest: string | null, last: BuildRecord | null): string {
  return latest === null || latest === head || last?.outcome !== 'built' ? '' : `, latest is ${short(latest)}`;
}

interface App {
  app: string;
  folder: string;
  branch: string | null;
  head: string | null;
  /** The commit whose image is the latest. */
  latest: string | null;
  last: BuildRecord | null;
  /** Of the newest image. */
  imageBytes: number | null;
  /** Why the rest is unknown. */
  error: string | null;
}

/** How many builds are searched for one that made an image. */
const RECENT_BUILDS = 5;

/** A damaged repository does not hide the others. */
async function describeApp(folder: string): Promise<App> {
  try {
    const repository = await openRepository(folder);
    const { app, branch } = repository.settings;
    const recent = await new Records(repository.state).latest(RECENT_BUILDS);
    const imageBytes = recent.find(({ outcome }) => outcome === 'built')?.imageBytes ?? null;
    const head = (await readHead(repository, `refs/heads/${branch}`)) ?? null;
    const latest = (await readHead(repository, `refs/built/${branch}`)) ?? null;
    return { app, folder, branch, head, latest, last: recent[0] ?? null, imageBytes, error: null };
  } catch (thrown) {
    const error = asTrouble(thrown, folder);
    if (!(error instanceof Trouble)) throw error;
    const app = basename(folder, '.git');
    return {
      app,
      folder,
      branch: null,
      head: null,
      latest: null,
      last: null,
      imageBytes: null,
      error: `error: ${error.message}`,
    };
  }
}
