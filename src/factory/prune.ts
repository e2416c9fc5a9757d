import { readCacheRecords } from './build-cache.ts';
import type { Docker } from './docker.ts';

/** An image reference of an app and when its image was made, as `docker image ls` prints them. */
interface KeptImage {
  reference: string;
  created: string;
}

const LIST = ['image', 'ls', '--format', '{{.Repository}}\t{{.Tag}}\t{{.CreatedAt}}', '--filter'];
const WEEK = 7 * 24 * 3600 * 1000;

/** Removes the images of one app but the newest `keep`, and those that its builds have left without a name. */
export async function removeObsolete(docker: Docker, app: string, keep: number): Promise<void> {
  const label = `label=doskara.app=${app}`;
  const text = (await docker.ask([...LIST, label])) ?? '';
  const references = obsolete(parseImages(text), keep);
  if (references.length > 0) await docker.ask(['image', 'rm', '--', ...references]);
  if (/(?:^|\t)<none>\t/m.test(text)) await docker.ask(['image', 'prune', '--force', '--filter', label]);
}

/**
 * Removes by rule what is Doskara's and old: images but the newest `keep` of each app, images without a name, and build
 * cache that nobody has used for a week (`allCache`: of any age). Nothing that isn't labelled or described as ours.
 */
export async function pruneFactory(docker: Docker, keep: number, allCache = false): Promise<void> {
  const images = parseImages(await docker.ask([...LIST, 'label=doskara.app']));
  const byRepository = Map.groupBy(images, ({ reference }) => reference.slice(0, reference.lastIndexOf(':')));
  for (const some of byRepository.values())
    for (const reference of obsolete(some, keep)) await docker.ask(['image', 'rm', '--', reference]);
  await docker.ask(['image', 'prune', '--force', '--filter', 'label=doskara.app']);

  const unusedSince = allCache ? Date.now() : Date.now() - WEEK;
  for (const { id } of (await readCacheRecords()).filter(({ lastUsed }) => lastUsed < unusedSince))
    await docker.ask(['builder', 'prune', '--force', '--all', '--filter', `id=${id}`]);
}

function parseImages(text: string | undefined): KeptImage[] {
  return (text ?? '').split('\n').flatMap((line) => {
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
