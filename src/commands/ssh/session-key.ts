import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Trouble } from '../../errors.ts';
import { appOf, folderOf, listRepositories } from '../../port/apps.ts';
import { similarNames } from '../../port/did-you-mean.ts';
import { findRenamed } from '../../port/former-names.ts';
import { appRenamedHere, noAppHere } from '../../port/messages/commands.ts';
import { keyLimited } from '../../port/messages/keys.ts';
import { pusherUrl } from '../../port/pusher-address.ts';

/** The key of an ssh session, according to its forced command: nothing in it comes from the client. */
export interface SessionKey {
  name: string;
  /** The apps that it is limited to; undefined: all. */
  apps: readonly string[] | undefined;
}

/** The repository of an app. A Trouble if the key may not use it (exit code 2). */
export async function openWithKey(key: SessionKey, root: string, app: string): Promise<string> {
  const folder = folderOf(root, app);
  if (!isOpenTo(key, app) || !existsSync(join(folder, 'HEAD'))) throw await noSuchApp(key, app);
  return folder;
}

/** Repositories of the apps that a key may use. */
export async function listWithKey(key: SessionKey): Promise<string[]> {
  return (await listRepositories()).filter((folder) => isOpenTo(key, appOf(folder)));
}

function isOpenTo({ apps }: SessionKey, app: string): boolean {
  return apps?.includes(app) ?? true;
}

/** One error for missing apps and for those that the key may not use: a limited key must not reveal which apps exist. */
async function noSuchApp(key: SessionKey, app: string): Promise<Trouble> {
  const folders = await listWithKey(key);
  const renamed = await findRenamed(folders, app);
  if (renamed !== undefined) return appRenamedHere(app, appOf(renamed), pusherUrl(process.env, appOf(renamed)));
  if (!isOpenTo(key, app)) return keyLimited(key.name, app, key.apps ?? []);
  return noAppHere(app, similarNames(app, folders.map(appOf)));
}
