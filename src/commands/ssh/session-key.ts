import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Trouble } from '../../errors.ts';
import { folderOf } from '../../port/apps.ts';
import { noAppHere } from '../../port/messages/commands.ts';
import { keyLimited } from '../../port/messages/keys.ts';

/** The key of an ssh session, according to its forced command: nothing in it comes from the client. */
export interface SessionKey {
  name: string;
  /** The apps that it is limited to; undefined: all. */
  apps: readonly string[] | undefined;
}

/** The repository of an app. A Trouble if the key may not use it (exit code 2). `asked`: the client's name for it. */
export function openWithKey(key: SessionKey, root: string, app: string, asked: string): string {
  if (!isOpenTo(key, app)) throw notForThisKey(key, app);
  const folder = folderOf(root, app);
  if (!existsSync(join(folder, 'HEAD'))) throw noAppHere(asked);
  return folder;
}

export function isOpenTo({ apps }: SessionKey, app: string): boolean {
  return apps?.includes(app) ?? true;
}

/** The same for an app that does not exist: a limited key must not reveal which apps do. */
function notForThisKey({ name, apps = [] }: SessionKey, app: string): Trouble {
  return keyLimited(name, app, apps);
}
