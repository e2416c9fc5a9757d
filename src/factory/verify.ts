import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDiskSpace } from './disk.ts';
import { compareImages } from './docker/compare-images.ts';
import type { Docker } from './docker/docker.ts';
import { bytesOf, type ImageManifest } from './docker/manifest.ts';
import { readImages, readLayout } from './docker/read-images.ts';
import type { PublishOrder } from './docker/run-build.ts';
import * as messages from './messages/build.ts';
import { dockerFailed, imageGone } from './messages/docker.ts';
import type { Output } from './output.ts';
import type { Compression, FactorySettings } from './settings.ts';

export interface Verifying {
  /** Of the image in the warehouse. */
  digest: string;
  /** Of this build alone. */
  scratch: string;
  settings: FactorySettings;
  output: Output;
}

/**
 * Builds an image without any cache, compares it with the one in the warehouse, and reports whether it is the same. What
 * was built stays on this machine, and goes with the scratch folder. Rejects with exit code 5 if the warehouse no longer
 * has the image.
 */
export async function verifyImage(docker: Docker, order: PublishOrder, job: Verifying): Promise<boolean> {
  const { digest, scratch, settings, output } = job;
  const { name } = order.image;
  const before = await readImages(docker.ask, name, digest);
  if (before === undefined) throw imageGone(`${name}@${digest}`);
  await ensureDiskSpace(docker, settings, bytesOf(before), output);
  const folder = join(scratch, 'image');
  await rm(folder, { recursive: true, force: true }); // of a builder that was lost
  await docker.exportTo(folder, order, compressionOf(before), output);
  const now = await readLayout(folder);
  if (now === undefined) throw dockerFailed('build', `no image of ${name} in ${folder}`);
  const comparison = compareImages(before, now.images);
  const event = { event: 'verified', image: name, digest: now.digest, ...comparison } as const;
  output.result(event, messages.verified(event));
  return comparison.reproduced;
}

/** The warehouse may not have taken the one that is set. */
function compressionOf(images: readonly ImageManifest[]): Compression {
  return images.some(({ layers }) => layers.at(-1)?.mediaType.endsWith('zstd')) ? 'zstd' : 'gzip';
}
