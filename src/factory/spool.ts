import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { LATEST } from '../image-tag.ts';
import { tryLock } from '../lock.ts';
import { isAlive, type ProcessId, thisProcess } from '../proc-stat.ts';
import * as messages from './messages/disk.ts';

/** The folders of one build. They are removed when it ends or, if it dies, when the next one starts. */
export interface Spool extends AsyncDisposable {
  /** Its name tells which process builds what. */
  folder: string;
  /** Where the archive is checked. */
  archive: string;
  /** The file whose lock orders the builds of one app. */
  lockFile: string;
  /**
   * Makes the app's build context; call it under the lock. All builds of an app use the same path, one after the other:
   * BuildKit knows a context by its path, and keeps one copy of it for each. `fill` puts the files into the folder.
   */
  makeContext<T>(fill: (folder: string) => Promise<T>): Promise<Context<T>>;
}

/** A build context. Remove it before the lock: the next build's has the same path. */
export interface Context<T> extends AsyncDisposable {
  folder: string;
  filled: T;
}

/** A build on this factory: receiving, waiting or building. */
export interface SpooledBuild extends ProcessId {
  app: string;
  /** Which image it is to replace. */
  tag: string;
}

const locksIn = (root: string) => join(root, 'locks');
export const lockFileOf = (root: string, app: string): string => join(locksIn(root), app);
const buildsIn = (root: string) => join(root, 'builds');
const contextsIn = (root: string) => join(root, 'contexts');

/** Makes the folders of a build, and removes those that dead ones have left. Rejects with exit code 4. */
export async function openSpool(root: string, app: string, tag = LATEST): Promise<Spool> {
  try {
    for (const folder of [locksIn(root), buildsIn(root), contextsIn(root)])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeDead(root);
    const { pid, pidStart } = await thisProcess();
    const folder = join(buildsIn(root), `${app}${tag === LATEST ? '' : `:${tag}`}@${pid}-${pidStart}`);
    await mkdir(folder, { mode: 0o700 });
    const archive = join(folder, 'app.tar');
    const context = join(contextsIn(root), app);
    return {
      folder,
      archive,
      lockFile: lockFileOf(root, app),
      async makeContext(fill) {
        await remove(context);
        await mkdir(context, { mode: 0o700 });
        const filled = await fill(context);
        return { folder: context, filled, [Symbol.asyncDispose]: () => remove(context) };
      },
      [Symbol.asyncDispose]: () => remove(folder),
    };
  } catch (error) {
    throw messages.spoolUnusable(root, error as NodeJS.ErrnoException);
  }
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

/** The builds that run here, of any app. */
export async function listBuilds(root: string): Promise<SpooledBuild[]> {
  const builds = (await readdir(buildsIn(root)).catch(() => [])).flatMap(parseFolder);
  const alive = await Promise.all(builds.map(isAlive));
  return builds.filter((_, i) => alive[i]);
}

/** Whether more builds are here than processors: what can be left out or done later must not slow them down. */
export async function isBusy(root: string): Promise<boolean> {
  return (await listBuilds(root)).length > availableParallelism();
}

/** `myapp@123-4567`, or `myapp:<tag>@123-4567`; an app's name has neither @ nor a colon. */
function parseFolder(name: string): SpooledBuild[] {
  const [, app, tag = LATEST, pid, pidStart] = /^([^@:]+)(?::([^@]+))?@(\d+)-(\d+)$/.exec(name) ?? [];
  if (app === undefined || pid === undefined || pidStart === undefined) return [];
  return [{ app, tag, pid: Number(pid), pidStart }];
}

async function removeDead(root: string): Promise<void> {
  for (const name of await readdir(buildsIn(root))) {
    const [build] = parseFolder(name);
    if (build !== undefined && !(await isAlive(build)))
      await rm(join(buildsIn(root), name), { recursive: true, force: true });
  }
  for (const app of await readdir(contextsIn(root))) {
    await using lock = await tryLock(lockFileOf(root, app));
    if (lock !== undefined) await rm(join(contextsIn(root), app), { recursive: true, force: true });
  }
}
