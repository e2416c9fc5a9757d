import { join } from 'node:path';
import { asFinding, error, type Finding, ok } from '../finding.ts';
import { takeLock } from '../flock.ts';
import { askBounded } from './check-docker.ts';
import type { FactorySettings } from './settings.ts';
import * as words from './words.ts';

/** No app can have this name, for its two hyphens, so no app's image is in the way. */
export const CANARY = 'doskara--canary';

/** Seconds that the warehouse gets to take it. */
const PATIENCE = 30;
/** A tar without entries is two empty blocks. */
const EMPTY_TAR = Buffer.alloc(1024);

/** Whether the warehouse takes images: it is given the smallest one that there is. Here nothing is left of it. */
export async function checkWarehouse(settings: FactorySettings): Promise<Finding> {
  const { registry, spool } = settings;
  const image = `${registry}/${CANARY}:check`;
  // of two checks at once, one would else remove what the other pushes; a spool that is unusable has its own finding
  await using _lock = await takeLock(
    join(spool, 'canary.lock'),
    () => {},
    AbortSignal.timeout(2 * PATIENCE * 1000),
  ).catch(() => undefined);
  const label = `LABEL doskara.app=${CANARY}`; // --prune finds it, should we die here
  const made = await askBounded(settings, ['import', '--change', label, '-', image], { input: EMPTY_TAR });
  if (made.failure !== undefined) return asFinding(words.dockerFailed('import an image', made.failure));
  const { failure } = await askBounded(settings, ['push', '--', image], { seconds: PATIENCE });
  await askBounded(settings, ['image', 'rm', '--', image]);
  return failure === undefined
    ? ok(`warehouse ${registry} takes images`)
    : error(
        `the warehouse ${registry} took no image: ${failure}`,
        words.warehouseHint(registry, failure, `docker pull ${image}`),
      );
}
