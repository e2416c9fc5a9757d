import { lstat } from 'node:fs/promises';
import { becomeOwner } from '../drop-privileges.ts';
import { tryLock } from '../lock.ts';
import { findRepository, readRoot } from '../port/apps.ts';
import { appBusy, appIsLink, pathGiven } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { allLockFiles, openRepository, type Repository } from '../port/repository.ts';

/** An app that `rename` or `destroy` may move: a folder in the root, neither a path nor a link. */
export interface MovableApp {
  root: string;
  /** The repository, under the root. */
  folder: string;
  repository: Repository;
  /** The user who started us. */
  who: string;
}

/** Opens it as its owner, who must own the root too, as the folder moves there. */
export async function openMovableApp(verb: string, app: string): Promise<MovableApp> {
  if (app.includes('/')) throw pathGiven(verb, app);
  const root = await readRoot();
  const folder = await findRepository(app);
  if ((await lstat(folder)).isSymbolicLink()) throw appIsLink(folder);
  const who = await becomeOwner([root, folder]);
  return { root, folder, repository: await openRepository(folder), who };
}

/** Takes the locks of the app, so that no build can start. A Trouble (exit code 2) if one is running or waiting. */
export async function lockIdle(app: string, repository: Repository): Promise<AsyncDisposable> {
  await using locks = new AsyncDisposableStack();
  for (const file of await allLockFiles(repository)) {
    const lock = await tryLock(file);
    if (lock === undefined) throw appBusy(app);
    locks.use(lock);
  }
  // a build writes its record before it waits for its lock
  const builds = await new Records(repository.state).latest();
  if (builds.some(({ outcome }) => outcome === 'running')) throw appBusy(app);
  return locks.move();
}
