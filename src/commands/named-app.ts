import { lstat } from 'node:fs/promises';
import { becomeOwner } from '../drop-privileges.ts';
import { type Lock, tryLock } from '../lock.ts';
import { findRepository, readRoot } from '../port/apps.ts';
import { appBusy, appIsLink, pathGiven } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';

/** An app that lies under the root by its own name, for a command that moves or removes it. */
export interface NamedApp {
  root: string;
  /** The repository, under the root. */
  folder: string;
  repository: Repository;
  /** Whoever started us. */
  who: string;
}

/** Opens it as its owner, who must own the root too: that is where names are given and taken. */
export async function openNamedApp(verb: string, app: string): Promise<NamedApp> {
  if (app.includes('/')) throw pathGiven(verb, app);
  const root = await readRoot();
  const folder = await findRepository(app);
  if ((await lstat(folder)).isSymbolicLink()) throw appIsLink(folder);
  const who = await becomeOwner([root, folder]);
  return { root, folder, repository: await openRepository(folder), who };
}

/** The app's lock, so that no build begins meanwhile. A Trouble where one runs or waits. */
export async function lockIdle(app: string, { state, lockFile }: Repository): Promise<Lock> {
  const lock = await tryLock(lockFile);
  if (lock === undefined) throw appBusy(app);
  // a build has its record before it asks for the lock
  const builds = await new Records(state).latest();
  if (builds.every(({ outcome }) => outcome !== 'running')) return lock;
  await lock[Symbol.asyncDispose]();
  throw appBusy(app);
}
