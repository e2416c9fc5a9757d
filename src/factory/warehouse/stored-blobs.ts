import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../../image-options.ts';
import { parseObject } from '../../json.ts';

/**
 * The blobs that images in a registry's storage are made of: of everything that has a tag or can be pulled by
 * its digest, the manifest, its config and layers, and the same of the manifests in an index. `root`: its rootdirectory
 * (https://github.com/distribution/distribution/blob/v2.8.2/registry/storage/paths.go).
 */
export async function readUsedBlobs(root: string): Promise<Set<string>> {
  const storage = join(root, 'docker/registry/v2');
  const manifests = new Set<string>();
  const blobs = new Set<string>();
  for await (const folder of findManifests(join(storage, 'repositories')))
    for (const digest of await readLinks(folder)) manifests.add(digest);
  // a set that grows is walked to its end
  for (const digest of manifests) {
    const parts = await readParts(storage, digest);
    for (const part of parts.manifests) manifests.add(part);
    for (const part of parts.blobs) blobs.add(part);
  }
  return new Set([...manifests, ...blobs]);
}

/** The folder of each repository's manifests; a repository may have others below it. */
async function* findManifests(folder: string): AsyncGenerator<string> {
  for (const name of await list(folder))
    if (name === '_manifests') yield join(folder, name);
    else if (!name.startsWith('_')) yield* findManifests(join(folder, name));
}

async function readLinks(manifests: string): Promise<string[]> {
  const tags = (await list(join(manifests, 'tags'))).map((tag) => join(manifests, 'tags', tag, 'current/link'));
  const revisions = join(manifests, 'revisions/sha256');
  const untagged = (await list(revisions)).map((hash) => join(revisions, hash, 'link'));
  const links = await Promise.all([...tags, ...untagged].map((file) => readFile(file, 'utf8').catch(() => '')));
  return links.filter(isDigest);
}

/** What a registry takes as a manifest at most. An index may list layers: BuildKit's cache does. */
const MAX_MANIFEST_BYTES = 4 * 1024 ** 2;

async function readParts(storage: string, digest: string): Promise<Record<'manifests' | 'blobs', string[]>> {
  const hash = digest.replace('sha256:', '');
  const file = join(storage, 'blobs/sha256', hash.slice(0, 2), hash, 'data');
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  const text = size === 0 || size > MAX_MANIFEST_BYTES ? '' : await readFile(file, 'utf8');
  const { config, layers, manifests, fsLayers } = parseObject(text);
  return { manifests: digestsIn(manifests), blobs: [config, layers, fsLayers].flatMap(digestsIn) };
}

/** `blobSum`: of manifests before Docker 1.10. */
function digestsIn(descriptors: unknown): string[] {
  return [descriptors].flat().flatMap((descriptor) => {
    const { digest, blobSum } = { ...(descriptor as { digest?: unknown; blobSum?: unknown } | null | undefined) };
    return [digest, blobSum].map(String).filter(isDigest);
  });
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
