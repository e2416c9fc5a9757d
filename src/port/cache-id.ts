import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCacheId } from '../cache-id.ts';
import { replaceFile } from '../replace-file.ts';
import { cacheIdDamaged } from './messages/secrets.ts';
import { asTrouble } from './system-errors.ts';

const fileIn = (state: string) => join(state, 'cache-id');

/**
 * Keeps a new app from the caches of an earlier one of its name, and lets it keep its own when renamed. `state`:
 * Doskara's folder in the repository.
 */
export async function makeCacheId(state: string): Promise<void> {
  await replaceFile(fileIn(state), `${randomBytes(16).toString('hex')}\n`);
}

/** undefined if an old version made the app: its caches go by its name. Rejects with exit code 4 if it is damaged. */
export async function readCacheId(state: string): Promise<string | undefined> {
  const file = fileIn(state);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw asTrouble(error);
  });
  const id = text?.trim();
  if (id !== undefined && !isCacheId(id)) throw cacheIdDamaged(file);
  return id;
}
