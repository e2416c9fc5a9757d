import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCacheId } from '../contract.ts';
import { replaceFile } from '../replace-file.ts';

const fileIn = (state: string) => join(state, 'cache-id');

/** Gives a new app caches of its own, which no app had before it under the same name. `state`: our folder in it. */
export async function makeCacheId(state: string): Promise<void> {
  await replaceFile(fileIn(state), `${randomBytes(16).toString('hex')}\n`);
}

/** undefined for an app that `doskara create` did not make, or an older version of it: its caches go by its name. */
export async function readCacheId(state: string): Promise<string | undefined> {
  const id = (await readFile(fileIn(state), 'utf8').catch(() => '')).trim();
  return isCacheId(id) ? id : undefined;
}
