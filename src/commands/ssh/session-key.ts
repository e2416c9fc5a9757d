import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Trouble } from '../../errors.ts';
import { folderOf } from '../../port/apps.ts';
import { noAppHere } from '../../port/messages/commands.ts';
import { keyLimited } from '../../port/messages/keys.ts';

/** The key that opened an ssh session, as its forced command tells: nothing of it comes from the client. */
export interface SessionKey {
  name: string;
  /** Those that it is limited to; undefined: all. */
  apps: readonly string[] | undefined;
}

/** The repository of an app that the key may use; `asked` is how the client named it. */
export function openWithKey(key: SessionKey, root: string, app: string, asked: string): string {
  if (!isOpenTo(key, app)) throw notForThisKey(key, app);
  const folder = folderOf(root, app);
  if (!existsSync(join(folder, 'HEAD'))) throw noAppHere(asked);
  return folder;
}

export function isOpenTo({ apps }: SessionKey, app: string): boolean {
  return apps?.includes(app) ?? true;
}

/** It says the same of an app that isn't there: such a key is not for finding out. */
function notForThisKey({ name, apps = [] }: SessionKey, app: string): Trouble {
  return keyLimited(name, app, apps);
}
