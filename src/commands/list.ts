import { basename } from 'node:path';
import { becomeOwner } from '../drop-privileges.ts';
import { Trouble } from '../errors.ts';
import { listRepositories } from '../port/apps.ts';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages.ts';
import { Records } from '../port/records.ts';
import { openRepository, readHead } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import { formatBytes } from '../units.ts';
import type { Installed } from './installed-paths.ts';
import { ago, formatTable } from './table.ts';

/** `doskara list`: every app with its head, what became of its last build, and the size of its image. */
export async function list(options: { json?: boolean }, { print }: Installed): Promise<void> {
  const folders = await listRepositories();
  await becomeOwner(folders);
  await showApps(folders, options, print, process.stdout.isTTY ? process.stdout.columns : undefined);
}

/** `width`: columns of the reader's terminal; undefined in a pipe. */
export async function showApps(
  folders: readonly string[],
  options: { json?: boolean },
  print: Installed['print'],
  width: number | undefined,
): Promise<void> {
  const apps = await Promise.all(folders.map(describeApp));
  if (options.json) return print(JSON.stringify(apps));
  const rows = apps.map(({ app, head, latest, last, imageBytes, error }) => [
    app,
    head === null ? '-' : messages.short(head),
    error ?? `${last === null ? '-' : `${last.outcome} (build ${last.number})`}${otherLatest(head, latest, last)}`,
    last === null ? '-' : ago(last.finished ?? last.queued, Date.now()),
    imageBytes === null ? '-' : formatBytes(imageBytes),
  ]);
  formatTable(['app', 'head', 'last build', 'ago', 'image'], rows, width).forEach(print);
}

/** After a replay or a rollback of another commit; where the head's own build made no image, its outcome says enough. */
function otherLatest(head: string | null, latest: string | null, last: BuildRecord | null): string {
  return latest === null || latest === head || last?.outcome !== 'built' ? '' : `, latest is ${messages.short(latest)}`;
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
  /** Why nothing more is known of it. */
  error: string | null;
}

/** How many builds are looked through for one that made an image. */
const RECENT = 5;

/** One repository's trouble does not hide the others. */
async function describeApp(folder: string): Promise<App> {
  try {
    const repository = await openRepository(folder);
    const { app, branch } = repository.settings;
    const recent = await new Records(repository.state).latest(RECENT);
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
