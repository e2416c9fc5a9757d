import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Trouble } from '../errors.ts';
import { type Git, openLongGit } from './git/git.ts';
import { notTrashed, shallowHistory } from './messages/repository.ts';

/** What is kept of a destroyed app. */
export interface Trashed {
  folder: string;
  /** A git bundle of all refs with their history; undefined if there were none. */
  bundle: string | undefined;
  /** The rest of the repository: HEAD, config, hooks, records and logs. */
  rest: string;
}

/** What the bundle holds, or what can be regenerated. */
const BUNDLED = [
  'objects',
  'refs',
  'packed-refs',
  'reftable',
  'logs',
  'doskara/archive.git',
  'doskara/lock',
  'doskara/locks',
];

/**
 * Moves a repository out of the root to `.destroyed/<app>-<time>`. Whenever this is killed, the whole repository is in
 * one place or the other: rename(2) moves it once the bundle is on disk, and only then are parts of it removed.
 * `leave` runs the step that moves it, and may add files to the folder first. Rejects with exit code 2.
 */
export async function moveToTrash(
  root: string,
  app: string,
  repository: string,
  leave: (go: () => Promise<void>, folder: string) => Promise<void>,
): Promise<Trashed> {
  const folder = await makeFolder(join(root, '.destroyed'), app);
  const bundle = join(folder, `${app}.bundle`);
  const rest = join(folder, 'repository');
  try {
    const refs = await bundleRefs(repository, bundle);
    await leave(async () => {
      await syncAll([folder, join(root, '.destroyed'), root]);
      await rename(repository, rest);
    }, folder);
    // a concurrent push may have moved refs; from now on nobody finds the repository
    const last = refs === (await readRefs(openLongGit(rest))) ? refs : await bundleRefs(rest, bundle);
    await syncAll([folder, root]);
    for (const part of BUNDLED) await rm(join(rest, part), { recursive: true, force: true });
    return { folder, rest, bundle: last === '' ? undefined : bundle };
  } catch (error) {
    if (!existsSync(rest)) await rm(folder, { recursive: true, force: true });
    throw error instanceof Trouble ? error : notTrashed(repository, folder, error as Error);
  }
}

/** Readable only by its owner, like records and logs. */
async function makeFolder(destroyed: string, app: string): Promise<string> {
  const folder = join(destroyed, `${app}-${new Date().toISOString().replace(/[:-]/g, '')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw notTrashed(app, folder, error);
  });
  return folder;
}

/** Bundles all refs and resolves to their list. Git cannot bundle zero refs: then there is no file. */
async function bundleRefs(repository: string, file: string): Promise<string> {
  if (existsSync(join(repository, 'shallow'))) throw shallowHistory(repository);
  const git = openLongGit(repository);
  for (;;) {
    const refs = await readRefs(git);
    if (refs === '') return refs;
    await git('bundle', 'create', '--quiet', file, '--all');
    await git('bundle', 'verify', '--quiet', file);
    await syncAll([file]);
    if (refs === (await readRefs(git))) return refs;
  }
}

function readRefs(git: Git): Promise<string> {
  return git('for-each-ref', '--format=%(objectname) %(refname)');
}

/** fsync(2); of a folder it syncs the entries. */
async function syncAll(paths: string[]): Promise<void> {
  for (const path of paths) {
    await using file = await open(path);
    await file.sync();
  }
}
