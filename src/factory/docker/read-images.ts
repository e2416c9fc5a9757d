import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseObject } from '../../json.ts';
import { inspectManifest } from './commands.ts';
import type { ComparedImage } from './compare-images.ts';
import { type ImageManifest, parseIndex, parseManifest } from './manifest.ts';

/** Reads what the warehouse has under a digest; undefined if that is nothing. */
export async function readImages(
  ask: (args: string[]) => Promise<string | undefined>,
  name: string,
  digest: string,
): Promise<ImageManifest[] | undefined> {
  const read = async (each: string) => (await ask(inspectManifest(`${name}@${each}`))) ?? '';
  return resolve(await read(digest), digest, read);
}

/** Reads what a build has left in a folder: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export async function readLayout(folder: string): Promise<{ digest: string; images: ComparedImage[] } | undefined> {
  const blob = (digest: string) => readFile(join(folder, 'blobs', digest.replace(':', '/')), 'utf8').catch(() => '');
  const index = await readFile(join(folder, 'index.json'), 'utf8').catch(() => '');
  const [top] = parseIndex(index) ?? [];
  const images = top === undefined ? undefined : await resolve(await blob(top.digest), top.digest, blob);
  if (top === undefined || images === undefined) return undefined;
  const withSteps = images.map(async (image) => ({ ...image, steps: stepsOf(await blob(image.config.digest)) }));
  return { digest: top.digest, images: await Promise.all(withSteps) };
}

async function resolve(json: string, digest: string, read: (digest: string) => Promise<string>) {
  const entries = parseIndex(json);
  const found =
    entries === undefined
      ? [parseManifest(json, digest)]
      : await Promise.all(
          entries.map(async (each) => parseManifest(await read(each.digest), each.digest, each.platform)),
        );
  return found.every((image) => image !== undefined) ? found : undefined;
}

/** What made each layer, by the history in an image's configuration. */
function stepsOf(config: string): string[] {
  const { history } = parseObject(config);
  if (!Array.isArray(history)) return [];
  return (history as Step[]).filter((step) => step?.empty_layer !== true).map((step) => String(step?.created_by ?? ''));
}

interface Step {
  created_by?: string;
  empty_layer?: boolean;
}
