/** How images get into the warehouse that are built already. */
import { exec } from '../../exec.ts';
import { isReservedTag } from '../../image-tag.ts';
import * as messages from '../messages/docker.ts';
import * as commands from './commands.ts';
import { parseIndex } from './manifest.ts';
import { lastLine, pushedDigest } from './parse.ts';
import { makePauses, pauseOrGiveUp } from './pauses.ts';
import { ask, run } from './run.ts';
import type { Line } from './run-build.ts';

/** An image of the warehouse. */
export interface PinnedImage {
  name: string;
  digest: string;
}

/**
 * Resolves with the digest. Push one reference after the other: of two that push one manifest at once, a registry on a
 * file system (its driver writes in place) now and then answers one with 500. The second finds all layers there.
 */
export async function push(line: Line, reference: string, onRetry: (text: string) => void): Promise<string> {
  const pauses = makePauses();
  for (;;) {
    const { failed, lines } = await run([line.settings.docker, ...commands.push(reference)], line);
    const digest = pushedDigest(lines);
    if (!failed && digest !== undefined) {
      await forgetBranch(line, reference);
      return digest;
    }
    await pauseOrGiveUp(line, reference, lastLine(lines), pauses, onRetry);
  }
}

/** The engine keeps the image under its commit's tag, which is removed by rule; that of a branch would stay for ever. */
async function forgetBranch({ settings }: Line, reference: string): Promise<void> {
  if (isReservedTag(reference.slice(reference.lastIndexOf(':') + 1))) return;
  await ask([settings.docker, ...commands.removeImages([reference])]);
}

/**
 * Buildx asks the registry itself, and knows nothing of a registry without TLS that only the engine was told of; an old
 * one (0.13 of Debian 13) lacks --prefer-index. The image then goes through the engine, which may write another manifest,
 * and would take one out of an index.
 */
export async function retag(
  line: Line,
  { name, digest }: PinnedImage,
  reference: string,
  onRetry: (text: string) => void,
): Promise<string> {
  const { settings, signal } = line;
  const image = `${name}@${digest}`;
  if (await retagByBuildx(line, image, reference, onRetry)) return digest;
  const manifest = await exec([settings.docker, ...commands.inspectManifest(image)], { signal });
  if (parseIndex(manifest.stdout) !== undefined) throw messages.indexNotTagged(image, settings.registry);
  const pulled = await run([settings.docker, ...commands.pull(image)], { signal });
  if (pulled.failed) throw messages.imageGone(image);
  const tagged = await run([settings.docker, ...commands.tag(image, reference)], { signal });
  if (tagged.failed) throw messages.imageGone(image); // a prune may have taken it since
  return push(line, reference, onRetry);
}

/** Resolves to false if buildx cannot do it here. */
export async function retagByBuildx(
  line: Line,
  image: string,
  reference: string,
  onRetry: (text: string) => void,
): Promise<boolean> {
  const { buildx, signal } = line;
  const pauses = makePauses();
  while (buildx !== undefined) {
    const { failed, lines } = await run([...buildx, ...commands.retag(image, reference)], { signal });
    if (!failed) return true;
    const reason = lastLine(lines);
    if (/HTTP response to HTTPS client|x509|unknown flag/i.test(reason)) return false;
    if (/not found/i.test(reason)) throw messages.imageGone(image);
    await pauseOrGiveUp(line, reference, reason, pauses, onRetry);
  }
  return false;
}
