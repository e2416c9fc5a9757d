import { accessSync, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { checkAppName } from '../contract.ts';
import type { Trouble } from '../errors.ts';
import { similarNames } from './did-you-mean.ts';
import { findRenamed } from './former-names.ts';
import { ask, openGit } from './git/git.ts';
import * as messages from './messages/repository.ts';
import { PORT_SETTINGS } from './settings.ts';

/**
 * The folder of all repositories: `doskara.root` in the system's or the user's configuration. Rejects with exit code 2.
 */
export async function readRoot(): Promise<string> {
  const root = (await ask(openGit('/'), 'config', '--get', 'doskara.root'))?.trim() || PORT_SETTINGS.root.default;
  if (existsSync(root)) return root;
  throw messages.noRoot(root);
}

/** The path of an app's repository, which need not exist. */
export function folderOf(root: string, app: string): string {
  return join(root, `${checkAppName(app)}.git`);
}

/** Finds a repository by an app's name or by a path (anything with a `/`). Rejects with exit code 2. */
export async function findRepository(word: string): Promise<string> {
  const folder = word.includes('/') ? resolve(word) : folderOf(await readRoot(), word);
  if (hasHead(folder)) return folder;
  throw word.includes('/') ? messages.noRepository(folder) : await noApp(word);
}

/** Why, for each of the apps that does not exist. */
export async function findMissing(apps: readonly string[]): Promise<Trouble[]> {
  const root = await readRoot();
  return Promise.all(apps.filter((app) => !hasHead(folderOf(root, app))).map(noApp));
}

/** All repositories under the root, sorted by name. */
export async function listRepositories(): Promise<string[]> {
  return (await listFolders()).filter(hasHead);
}

/** Folders named like a repository but without a HEAD: git rejects pushes to them. */
export async function listHeadless(): Promise<string[]> {
  return (await listFolders()).filter((folder) => !hasHead(folder));
}

async function listFolders(): Promise<string[]> {
  const root = await readRoot();
  const names = (await readdir(root)).filter((name) => name.endsWith('.git'));
  return names.sort().map((name) => join(root, name));
}

/** What this user may not look into may be a repository: who opens it says why that fails. */
function hasHead(folder: string): boolean {
  try {
    accessSync(join(folder, 'HEAD'));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** Suggests no other app to those who may not read the root. */
async function noApp(app: string): Promise<Trouble> {
  const folders = await listRepositories().catch(() => []);
  const renamed = await findRenamed(folders, app);
  if (renamed !== undefined) return messages.appRenamed(app, appOf(renamed));
  return messages.noApp(app, similarNames(app, folders.map(appOf)));
}

/** The app of a repository under the root. */
export const appOf = (folder: string) => basename(folder, '.git');
