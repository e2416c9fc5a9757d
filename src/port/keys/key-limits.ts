import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../replace-file.ts';
import { listKeys, lockKeys, readLines, writeLines } from './authorized-keys.ts';
import { parseLine, withApps } from './key-line.ts';

/** A change to a key that is limited to some apps. */
export interface Relimited {
  key: string;
  /** Its apps before the change. */
  before: string[];
  /** Empty: the key was removed. */
  apps: string[];
}

/**
 * Changes the apps of limited keys, then calls `act`; if that fails, restores the keys. Resolves to the keys that have
 * changed. A key that is left without apps is removed: without a limit it would be for all.
 */
export async function relimitKeys(
  change: (apps: string[]) => string[],
  act: () => Promise<void>,
): Promise<Relimited[]> {
  // a user without keys may have no home folder for the lock
  await using _lock = (await listKeys()).length > 0 ? await lockKeys() : undefined;
  const before = await readLines();
  const changes = before.map((line) => relimit(line, change));
  const keys = changes.flatMap(({ key }) => key ?? []);
  if (keys.length > 0) await writeLines(changes.flatMap(({ lines }) => lines));
  try {
    await act();
  } catch (error) {
    if (keys.length > 0) await writeLines(before);
    throw error;
  }
  return keys;
}

/** Writes the keys that are limited to an app (and perhaps others) to `<name>.pub` files in a folder. */
export async function saveLimitedKeys(app: string, folder: string): Promise<void> {
  const limited = (await listKeys()).filter(({ apps }) => apps?.includes(app));
  if (limited.length > 0) await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name, type, key } of limited) await replaceFile(publicKeyFile(folder, name), `${type} ${key} ${name}\n`);
}

export const publicKeyFile = (folder: string, name: string) => join(folder, `${name}.pub`);

function relimit(line: string, change: (apps: string[]) => string[]): { lines: string[]; key?: Relimited } {
  const { name, apps } = parseLine(line)[0] ?? {};
  if (name === undefined || apps === undefined) return { lines: [line] };
  const left = [...new Set(change(apps))];
  if (String(left) === String(apps)) return { lines: [line] };
  const lines = left.length === 0 ? [] : [withApps(line, left)];
  return { lines, key: { key: name, before: apps, apps: left } };
}
