import { lstat } from 'node:fs/promises';
import { becomeOwner } from '../drop-privileges.ts';
import { command, Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type Lock, tryLock } from '../lock.ts';
import { findRepository, readRoot } from '../port/apps.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';

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
  if ((await lstat(folder)).isSymbolicLink()) throw isLink(folder);
  const who = await becomeOwner([root, folder]);
  return { root, folder, repository: await openRepository(folder), who };
}

/** Takes the app's lock, so that no build can start. A Trouble (exit code 2) if one is running or waiting. */
export async function lockIdle(app: string, { state, lockFile }: Repository): Promise<Lock> {
  const lock = await tryLock(lockFile);
  if (lock === undefined) throw isBusy(app);
  // a build writes its record before it waits for the lock
  const builds = await new Records(state).latest();
  if (builds.every(({ outcome }) => outcome !== 'running')) return lock;
  await lock[Symbol.asyncDispose]();
  throw isBusy(app);
}

function pathGiven(verb: string, path: string): Trouble {
  return new Trouble('path-given', EXIT.usage, `doskara ${verb} takes the name of an app, and ${path} is a path`, {
    hint: [command('list'), ' tells the names; a repository elsewhere is left to whoever put it there'],
  });
}

function isLink(folder: string): Trouble {
  return new Trouble('app-is-link', EXIT.usage, `${folder} is a link, and what it leads to has a name of its own`, {
    hint: `look at it, and do by hand what is to be done: ls -l ${folder}`,
  });
}

function isBusy(app: string): Trouble {
  return new Trouble('app-busy', EXIT.usage, `a build of ${app} runs or waits`, {
    hint: ['wait for it: ', command('logs', app, '-f'), '; or end it: ', command('cancel', app)],
  });
}
