import { accessSync, constants } from 'node:fs';
import { lstat, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hooksPathSet, hooksUnwritable, previousHookExists } from '../messages/repository.ts';
import { checkTrust } from '../repository.ts';
import { asTrouble, diskTrouble } from '../system-errors.ts';
import { readGitConfig } from './config.ts';
import { openGit } from './git.ts';
import { configureReceive } from './receive-config.ts';

/** `kept`: ours, which runs the previous hook first. `foreign`: not ours. */
export type HookState = 'installed' | 'kept' | 'foreign' | 'none';

/** Whether git runs our hook. */
export function isOurs(state: HookState): boolean {
  return state === 'installed' || state === 'kept';
}

/** The link in a repository to the installed hook of the same name. */
const hookFile = (repository: string, hook: string) => join(repository, 'hooks', basename(hook));

/** Where a hook that was there before ours is moved. */
const previousHookFile = (repository: string, hook: string) => `${hookFile(repository, hook)}.kept`;

/** The path of the previous hook, if it is executable. `name`: git's name of the hook. */
export function previousHook(repository: string, name: string): string | undefined {
  const file = previousHookFile(repository, name);
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}

/** `hook`: the installed hook that the repository should link to. */
export async function readHookState(repository: string, hook: string): Promise<HookState> {
  if (!(await exists(hookFile(repository, hook)))) return 'none';
  if (!(await leadsTo(hookFile(repository, hook), hook))) return 'foreign';
  return (await exists(previousHookFile(repository, hook))) ? 'kept' : 'installed';
}

/** Links the hook into a repository and keeps a foreign one. Idempotent. Rejects with exit code 2. */
export async function installHook(repository: string, hook: string): Promise<HookState> {
  await checkTrust(repository);
  await checkHooksPath(repository, hook);
  await configureReceive(repository).catch((error: unknown) => {
    throw asTrouble(error, join(repository, 'config'));
  });
  const state = await readHookState(repository, hook);
  if (isOurs(state)) return state;
  if (state === 'foreign' && (await isDangling(hookFile(repository, hook)))) await rm(hookFile(repository, hook));
  else if (state === 'foreign') await keepPreviousHook(repository, hook);
  await symlink(hook, hookFile(repository, hook)).catch((error: NodeJS.ErrnoException) => {
    throw diskTrouble(error) ?? hooksUnwritable(repository, error);
  });
  return readHookState(repository, hook);
}

/** Removes our link and restores the previous hook. Leaves a foreign hook alone. */
export async function removeHook(repository: string, hook: string): Promise<HookState> {
  const state = await readHookState(repository, hook);
  if (!isOurs(state)) return state;
  await rm(hookFile(repository, hook));
  if (state === 'kept') await rename(previousHookFile(repository, hook), hookFile(repository, hook));
  return readHookState(repository, hook);
}

async function keepPreviousHook(repository: string, hook: string): Promise<void> {
  if (await exists(previousHookFile(repository, hook))) throw previousHookExists(repository, hook);
  await rename(hookFile(repository, hook), previousHookFile(repository, hook));
}

/** With core.hooksPath git runs hooks of another folder, which many repositories may share. */
export async function checkHooksPath(repository: string, hook: string): Promise<void> {
  const entries = await readGitConfig(openGit(repository), repository);
  const path = entries.findLast(({ key }) => key === 'core.hookspath')?.value;
  if (path === undefined || path === 'hooks') return;
  throw hooksPathSet(repository, path, hookFile(repository, hook));
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function leadsTo(link: string, hook: string): Promise<boolean> {
  const target = await readlink(link).catch(() => undefined);
  return target !== undefined && (target === hook || (await realpath(link).catch(() => '')) === (await realpath(hook)));
}

async function isDangling(link: string): Promise<boolean> {
  return realpath(link).then(
    () => false,
    () => true,
  );
}
