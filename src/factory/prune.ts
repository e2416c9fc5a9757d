import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCacheRecords } from './build-cache.ts';
import { prune } from './docker/builder-commands.ts';
import { listImages, pruneCache, pruneContainers, pruneImages, removeImages } from './docker/commands.ts';
import type { Docker } from './docker/docker.ts';
import { ask } from './docker/run.ts';
import { BUILD_LABEL } from './image/dockerfile.ts';
import { builderNotPruned, builderPruned } from './messages/disk.ts';
import type { FactorySettings } from './settings.ts';
import { isBusy } from './spool.ts';

/** An image reference of an app and when its image was made, as `docker image ls` prints them. */
interface KeptImage {
  reference: string;
  created: string;
}

const CACHE_MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/**
 * Beside the push of a build that goes through the engine: removes the images of its app that are obsolete. If the
 * factory is busy, a later build does it, for all apps.
 */
export async function removeOldImages(
  docker: Docker,
  { spool, keepImages }: FactorySettings,
  app: string,
): Promise<void> {
  if (docker.exporter === 'image') return; // it leaves no image here
  if (docker.builder === 'classic') await docker.ask(pruneContainers(`label=${BUILD_LABEL}=${app}`));
  const mark = join(spool, 'untidy');
  if (await isBusy(spool)) return writeFile(mark, '').catch(() => {});
  const wasUntidy = await unlink(mark).then(
    () => true,
    () => false,
  );
  await removeObsolete(docker, keepImages, wasUntidy ? undefined : app);
}

/** Removes images but the newest `keep` of the app, or of each one, and those that builds have left without a name. */
async function removeObsolete(docker: Docker, keep: number, app?: string): Promise<void> {
  const label = app === undefined ? 'label=doskara.app' : `label=doskara.app=${app}`;
  const text = (await docker.ask(listImages(label))) ?? '';
  const byRepository = Map.groupBy(parseImages(text), ({ reference }) =>
    reference.slice(0, reference.lastIndexOf(':')),
  );
  const references = [...byRepository.values()].flatMap((images) => obsolete(images, keep));
  for (let start = 0; start < references.length; start += MAX_REFERENCES)
    await docker.ask(removeImages(references.slice(start, start + MAX_REFERENCES)));
  if (/(?:^|\t)<none>\t/m.test(text)) await docker.ask(pruneImages(label));
}

/** References on one command line. */
const MAX_REFERENCES = 100;

/**
 * Removes by rule what is Doskara's and old: obsolete images of every app, and build cache that nobody has used for a
 * week (`allCache`: of any age). Nothing that isn't labelled or described as ours.
 */
export async function pruneFactory(docker: Docker, keep: number, allCache = false): Promise<void> {
  await removeObsolete(docker, keep);
  const unusedSince = allCache ? Date.now() : Date.now() - CACHE_MAX_AGE_MS;
  for (const { id } of (await readCacheRecords()).filter(({ lastUsed }) => lastUsed < unusedSince))
    await docker.ask(pruneCache(id));
}

/** A builder's garbage collection bounds its disk; this removes old caches earlier. Returns the result, for people. */
export async function pruneBuilder({ buildx = [] }: Docker, builder: string): Promise<string> {
  const hours = CACHE_MAX_AGE_MS / 3600 / 1000;
  const { stdout, failure } = await ask([...buildx, ...prune(builder, hours)], { timeoutMs: PRUNE_TIMEOUT_MS });
  return failure === undefined
    ? builderPruned(builder, /^Total:\s+(\S+)$/m.exec(stdout)?.[1] ?? '0B')
    : builderNotPruned(builder, failure);
}

/** In case the builder is silent. */
const PRUNE_TIMEOUT_MS = 60_000;

function parseImages(text: string): KeptImage[] {
  return text.split('\n').flatMap((line) => {
    const [repository, tag, created] = line.split('\t');
    return !repository || repository === '<none>' || !tag || tag === '<none>' || !created
      ? []
      : [{ reference: `${repository}:${tag}`, created }];
  });
}

/** References of single commits beyond the newest `keep`; `latest` always stays. */
export function obsolete(images: readonly KeptImage[], keep: number): string[] {
  return images
    .filter(({ reference }) => /:(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(reference))
    .toSorted((a, b) => Number(a.created < b.created) - Number(a.created > b.created)) // to load a locale takes 9 ms
    .slice(keep)
    .map(({ reference }) => reference);
}
