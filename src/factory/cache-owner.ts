import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunnerRequest } from '../contract.ts';
import { replaceFile } from '../replace-file.ts';
import { cachesOfAnother } from './messages/build.ts';
import { spoolUnusable } from './messages/disk.ts';

/**
 * Notes which app has the caches and secrets of a request: they go by an id, which a renamed app takes along. Rejects
 * with exit code 2 if they are of an app that the ssh key is not for, even if whoever has it knows the id. `apps`: those
 * that the key is limited to.
 */
export async function claimCaches(
  spool: string,
  request: RunnerRequest,
  apps: readonly string[] | undefined,
): Promise<void> {
  if (!('cacheId' in request) || request.cacheId === undefined) return;
  const { app, cacheId } = request;
  const file = join(spool, 'cache-ids', cacheId);
  const owner = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw spoolUnusable(file, error);
  });
  if (owner === app) return;
  if (owner !== undefined && apps?.includes(owner) === false) throw cachesOfAnother(app);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    .then(() => replaceFile(file, app))
    .catch((error: NodeJS.ErrnoException) => {
      throw spoolUnusable(file, error);
    });
}
