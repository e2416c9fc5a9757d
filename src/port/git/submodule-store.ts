import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../../exec.ts';
import type { Repository } from '../repository.ts';
import { gitFailure, UNALTERED, withoutGit } from './git.ts';
import { provideScratchRepository } from './scratch-repository.ts';

/**
 * In the app's state: repositories with the objects of submodules that were fetched, one for each period. It takes what it
 * needs from the one before it, and what nobody needs any more goes with that; no build takes as long.
 */
const FOLDER = 'submodules';
const PERIOD_MS = 30 * 24 * 3600 * 1000;

export interface SubmoduleJob {
  repository: Repository;
  commit: string;
  signal?: AbortSignal | undefined;
  /** Hears what is fetched. */
  note(text: string): void;
}

export interface Store {
  /** Files and folders that were listed so far. */
  entries: number;
  folder: string;
  /** That of the period before, which may not exist. */
  previous: string;
  env: NodeJS.ProcessEnv;
  git(args: readonly string[], more?: { input?: string; env?: NodeJS.ProcessEnv }): Promise<string>;
}

/** Objects of the app's repository are found in it, too. */
export async function openStore({ repository, commit, signal }: SubmoduleJob): Promise<Store> {
  const [folder, previous] = await provideFolder(join(repository.state, FOLDER));
  const { GIT_OBJECT_DIRECTORY: own, GIT_ALTERNATE_OBJECT_DIRECTORIES: others } = repository.quarantine;
  const objects = [own ?? join(repository.path, 'objects'), others];
  const env = {
    ...withoutGit(process.env),
    ...UNALTERED,
    LC_ALL: 'C',
    GIT_DIR: folder,
    GIT_WORK_TREE: join(folder, 'tree'), // an empty one, without which read-tree --prefix refuses to work
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objects.filter(Boolean).join(':'),
  };
  const store: Store = {
    entries: 0,
    folder,
    previous,
    env,
    async git(args, { input = '', env: more = {} } = {}) {
      const result = await exec(['git', ...args], {
        env: { ...env, ...more },
        input,
        killSignal: 'SIGKILL',
        ...(signal === undefined ? {} : { signal }),
      });
      signal?.throwIfAborted();
      if (result.failed) throw gitFailure(result, result.stderr);
      return result.stdout;
    },
  };
  await provideScratchRepository(folder, commit, '[gc]\nauto = 0\n', ['tree']);
  return store;
}

/** That of now, and the one before; removes older ones. */
async function provideFolder(folder: string): Promise<[string, string]> {
  const period = Math.floor(Date.now() / PERIOD_MS);
  const now = `${period}.git`;
  const before = `${period - 1}.git`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder))
    if (name !== now && name !== before) await rm(join(folder, name), { recursive: true, force: true });
  return [join(folder, now), join(folder, before)];
}
