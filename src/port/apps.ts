import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { checkAppName } from '../contract.ts';
import type { Trouble } from '../errors.ts';
import { similarNames } from './did-you-mean.ts';
import { ask, openGit } from './git/git.ts';
import * as messages from './messages/repository.ts';
import { PORT_SETTINGS } from './settings.ts';

/** Where repositories are made: `doskara.root` of the system or the user. */
export async function readRoot(): Promise<string> {
  const root = (await ask(openGit('/'), 'config', '--get', 'doskara.root'))?.trim() || PORT_SETTINGS.root.default;
  if (existsSync(root)) return root;
  throw messages.noRoot(root);
}

/** Where an app's repository lies, or will lie. */
export function folderOf(root: string, app: string): string {
  return join(root, `${checkAppName(app)}.git`);
}

/** The repository that an admin means: an app's name, or a path (which has a `/` in it). */
export async function findRepository(word: string): Promise<string> {
  const folder = word.includes('/') ? resolve(word) : folderOf(await readRoot(), word);
  if (hasHead(folder)) return folder;
  throw word.includes('/') ? messages.noRepository(folder) : await noApp(word);
}

/** All repositories under the root, in order of their names. */
export async function listRepositories(): Promise<string[]> {
  return (await listFolders()).filter(hasHead);
}

/** What is called like a repository, but is none for git, since it has no HEAD: a push to it is refused. */
export async function listHeadless(): Promise<string[]> {
  return (await listFolders()).filter((folder) => !hasHead(folder));
}

async function listFolders(): Promise<string[]> {
  const root = await readRoot();
  const names = (await readdir(root)).filter((name) => name.endsWith('.git'));
  return names.sort().map((name) => join(root, name));
}

const hasHead = (folder: string) => existsSync(join(folder, 'HEAD'));

/** Whoever may not read the root is told of no other app. */
async function noApp(app: string): Promise<Trouble> {
  const names = (await listRepositories().catch(() => [])).map((folder) => basename(folder, '.git'));
  const near = similarNames(app, names);
  return messages.noApp(app, near);
}
