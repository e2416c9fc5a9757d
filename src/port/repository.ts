import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Trouble } from '../errors.ts';
import { LATEST } from '../image-tag.ts';
import type { BuildRecord } from './build-record.ts';
import { makeCacheId } from './cache-id.ts';
import { ask, type Git, openGit } from './git/git.ts';
import type { Quarantine } from './git/quarantine.ts';
import * as messages from './messages/repository.ts';
import { readSettings } from './read-settings.ts';
import type { PortSettings } from './settings.ts';
import { diskTrouble } from './system-errors.ts';

/** A bare repository with its settings. */
export interface Repository {
  /** Absolute, without symbolic links. */
  path: string;
  /** Doskara's folder in it: records, logs, lock. */
  state: string;
  /** The tag of the image that its builds make, of one branch: see BuildRecord. */
  tag: BuildRecord['tag'];
  /** Its flock(2) orders the builds for that tag. */
  lockFile: string;
  /** Why its branch can't have a tag, if it has none. */
  clash: Trouble | undefined;
  git: Git;
  /** Variables by which git finds objects in quarantine. */
  quarantine: Quarantine;
  settings: PortSettings;
}

/** `quarantine`: that of the hook that this process runs in, if any. Rejects with a Trouble. */
export async function openRepository(folder: string, quarantine: Quarantine = {}): Promise<Repository> {
  const path = await realpath(folder);
  const git = openGit(path, Object.keys(quarantine));
  await checkTrust(path);
  const settings = await readSettings(git, path, defaultApp(path));
  const state = await openState(path);
  return { path, state, tag: LATEST, lockFile: join(state, 'lock'), clash: undefined, git, quarantine, settings };
}

/** The same repository, for builds that move another tag. */
export async function withTag(repository: Repository, tag: string | null): Promise<Repository> {
  if (tag === LATEST) return { ...repository, tag, lockFile: join(repository.state, 'lock') };
  const folder = join(repository.state, TAG_LOCKS);
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw diskTrouble(error) ?? messages.stateUnusable(folder, error);
  });
  return { ...repository, tag, lockFile: join(folder, tag ?? NO_TAG) };
}

/** The folder of the locks of tags other than latest. */
const TAG_LOCKS = 'locks';
/** No tag begins like this. */
const NO_TAG = '-';

/** The files of all locks of an app's builds. */
export async function allLockFiles({ state }: Pick<Repository, 'state'>): Promise<string[]> {
  const folder = join(state, TAG_LOCKS);
  const names = await readdir(folder).catch(() => []);
  return [join(state, 'lock'), ...names.map((name) => join(folder, name))];
}

/**
 * Git refuses to work in another user's repository unless safe.directory lists it; what it refuses to read would look
 * missing.
 */
export async function checkTrust(path: string): Promise<void> {
  const { uid } = await stat(path);
  if (uid === process.geteuid?.()) return;
  await openGit(path)('rev-parse', '--git-dir').catch((error: Error) => {
    throw messages.notTrusted(path, uid, error);
  });
}

/** All of the folder must be this user's, and without links: else we would write somewhere else. */
async function openState(repository: string): Promise<string> {
  const state = join(repository, 'doskara');
  const isNew = await mkdir(state, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw diskTrouble(error) ?? messages.stateUnusable(state, error);
      return false;
    },
  );
  if (isNew) await makeCacheId(state);
  for (const path of ['', 'builds', 'lock', 'lock-notes', TAG_LOCKS, 'archive.git', 'submodules'].map((part) =>
    join(state, part),
  )) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || (!stats.isSymbolicLink() && stats.uid === process.geteuid?.())) continue;
    const { uid } = await stat(repository);
    // whose else it is, is strange only in a repository of ours
    throw stats.uid === uid && !stats.isSymbolicLink()
      ? messages.notOwner(repository, uid)
      : messages.stateForeign(path);
  }
  return state;
}

/**
 * The commit of a branch; undefined if there is no such branch. Reads loose and packed refs itself, and asks git for
 * symbolic refs and reftables: a git process takes 12 ms of CPU (see readGitConfig), and `doskara list` looks up two refs
 * of each repository.
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

/** `/srv/git/myapp.git` → `myapp`; `/home/me/myapp/.git` → `myapp`. */
export function defaultApp(path: string): string {
  const name = basename(path) === '.git' ? basename(join(path, '..')) : basename(path);
  return name.replace(/\.git$/, '');
}
