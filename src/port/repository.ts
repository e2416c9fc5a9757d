import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ask, type Git, openGit } from './git/git.ts';
import type { Quarantine } from './git/quarantine.ts';
import * as messages from './messages.ts';
import { type PortSettings, readSettings } from './settings.ts';
import { diskTrouble } from './system-errors.ts';

/** A bare repository that pushes land in, with its settings. */
export interface Repository {
  /** Absolute, without symbolic links. */
  path: string;
  /** Ours: records, logs, lock. */
  state: string;
  /** Its flock(2) orders the builds of the app. */
  lockFile: string;
  git: Git;
  /** What git needs to find objects that are not the repository's own yet. */
  quarantine: Quarantine;
  settings: PortSettings;
}

/** `quarantine`: the one that this process was started in; git is told of it when it is asked about this repository. */
export async function openRepository(folder: string, quarantine: Quarantine = {}): Promise<Repository> {
  const path = await realpath(folder);
  const git = openGit(path, Object.keys(quarantine));
  await checkTrust(path);
  const settings = await readSettings(git, path, appOf(path));
  const state = await openState(path);
  return { path, state, lockFile: join(state, 'lock'), git, quarantine, settings };
}

/**
 * Git does not work in a repository of somebody else, unless safe.directory says so; and what it refuses to read would
 * look as if it were not there.
 */
export async function checkTrust(path: string): Promise<void> {
  const { uid } = await stat(path);
  if (uid === process.geteuid?.()) return;
  await openGit(path)('rev-parse', '--git-dir').catch((error: Error) => {
    throw messages.notTrusted(path, uid, error);
  });
}

/** A folder of our own, and all of it: through a link, or a folder of somebody else, we would write elsewhere. */
async function openState(path: string): Promise<string> {
  const state = join(path, 'doskara');
  await mkdir(state, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw diskTrouble(error) ?? messages.stateUnusable(state, error);
  });
  for (const path of ['', 'builds', 'lock', 'lock-notes', 'archive.git'].map((part) => join(state, part))) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats !== undefined && (stats.isSymbolicLink() || stats.uid !== process.geteuid?.()))
      throw messages.stateForeign(path);
  }
  return state;
}

/**
 * The commit that a branch is at; undefined where there is no such branch. Loose and packed refs are files, and reading
 * them is quicker than asking git, who has to be asked where they lie elsewhere (a symbolic ref, the reftable backend).
 */
export async function readHead({ path, git }: Repository, ref: string): Promise<string | undefined> {
  const loose = await readFile(join(path, ref), 'utf8').catch(() => '');
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})\n$/.test(loose)) return loose.trim();
  if (loose === '' && !existsSync(join(path, 'reftable'))) {
    const packed = await readFile(join(path, 'packed-refs'), 'utf8').catch(() => '');
    return packed
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0];
  }
  return (await ask(git, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`))?.trim() || undefined;
}

/** `/srv/git/myapp.git` → `myapp`; a repository that was made with a work tree is named by that. */
function appOf(path: string): string {
  const name = basename(path) === '.git' ? basename(join(path, '..')) : basename(path);
  return name.replace(/\.git$/, '');
}
