import { readFile } from 'node:fs/promises';
import { exec } from '../../exec.ts';
import * as messages from '../messages/docker.ts';
import type { Compression, FactorySettings } from '../settings.ts';
import { explainBuild } from './build-failure.ts';
import { checkImage } from './check-image.ts';
import * as commands from './commands.ts';
import { type DockerFacts, readDockerFacts } from './facts.ts';
import { bytesOf } from './manifest.ts';
import { builtDigest, isCacheDamaged, isMediaTypeRefused } from './parse.ts';
import { makePauses, pauseOrGiveUp } from './pauses.ts';
import { type PinnedImage, push, retag, retagByBuildx } from './push.ts';
import { readImages } from './read-images.ts';
import {
  type BuildListener,
  cacheOf,
  type Line,
  type Listener,
  type PublishListener,
  type PublishOrder,
  runBuild,
} from './run-build.ts';

/** The docker CLI, the one door to engine and registry. */
export interface Docker extends DockerFacts {
  /**
   * Builds an image and pushes it under all its references; tries to push again where that can help. Resolves with its
   * digest. Rejects with exit code 1 if the app's build or the image's check failed, 4 if docker did, 5 if the
   * warehouse did not take the image.
   */
  publish(order: PublishOrder, listener: PublishListener): Promise<string>;
  /**
   * Builds an image into a folder of this machine; nothing is pushed, nor taken from another builder. Rejects as
   * `publish` does.
   */
  exportTo(folder: string, order: PublishOrder, compression: Compression, listener: BuildListener): Promise<void>;
  /**
   * Gives an image of the warehouse another reference, in another repository, too. Resolves with its digest there.
   * Rejects with exit code 5.
   */
  retag(image: PinnedImage, reference: string, onRetry: (text: string) => void): Promise<string>;
  /** Bytes that an image takes in the warehouse; undefined if they could not be read. */
  sizeOf(image: PinnedImage): Promise<number | undefined>;
  /**
   * A small question or order to the engine; resolves with what docker prints, or undefined where it fails. Rejects with
   * exit code 4 if the engine does not answer.
   */
  ask(args: string[]): Promise<string | undefined>;
}

/** An engine with a slow disk may take minutes to remove what is old. */
const ORDER_TIMEOUT_MS = 5 * 60_000;
/** For what is only nice to know, once the image is pushed. */
const READ_TIMEOUT_MS = 60_000;

/** Finds out what the CLI can do; `signal` ends whatever it runs later. Rejects with exit code 4 without a CLI. */
export async function openDocker(settings: FactorySettings, signal: AbortSignal): Promise<Docker> {
  const facts = await readDockerFacts(settings);
  const line = { ...facts, settings, signal };
  const askRegistry = async (args: string[]) => {
    const { failed, stdout } = await exec([settings.docker, ...args], { timeoutMs: READ_TIMEOUT_MS, signal });
    return failed ? undefined : stdout.trim();
  };
  return {
    ...facts,
    async publish(order, listener) {
      // of several tries to push, each builds anew: from the cache
      const once = {
        ...listener,
        pushing: memoize(listener.pushing),
        pushed: memoize(listener.pushed),
        cached: memoize(() => listener.buildOutput(messages.cached())),
      };
      const publish = async (...args: Parameters<typeof publishInOrder>) => {
        const digest = await (facts.buildx === undefined ? buildThenPush(...args) : publishInOrder(...args));
        once.pushed(digest); // not every builder tells
        return digest;
      };
      if (order.checkSeconds === undefined) return publish(line, order, once);
      await using _ = await checkImage(line, order, order.checkSeconds, once);
      return await publish(line, { ...order, noCache: false }, { ...once, cached() {} }); // all of it is cached now
    },
    exportTo: (folder, order, compression, listener) => exportTo(line, folder, order, compression, listener),
    retag: (image, reference, onRetry) => retag(line, image, reference, onRetry),
    async sizeOf({ name, digest }) {
      const images = await readImages(askRegistry, name, digest);
      return images === undefined ? undefined : bytesOf(images);
    },
    async ask(args) {
      const { exitCode, reason, stdout } = await exec([settings.docker, ...args], { timeoutMs: ORDER_TIMEOUT_MS });
      if (exitCode === undefined) throw messages.engineSilent(reason);
      return exitCode === 0 ? stdout.trim() : undefined;
    },
  };
}

/**
 * With several builders, one that was given up may still push what it built. So builders push only the tag of the commit,
 * and the factory, which knows what comes last, sets latest: no layer is sent again.
 */
async function publishInOrder(line: Line, order: PublishOrder, listener: Listener): Promise<string> {
  const { references, name } = order.image;
  const [first = '', latest] = references;
  if (line.settings.builders.length < 2 || latest === undefined) return publishByBuildx(line, order, listener);
  const only = (reference: string) => ({ ...order, image: { ...order.image, references: [reference] } });
  const digest = await publishByBuildx(line, only(first), listener);
  if (await retagByBuildx(line, `${name}@${digest}`, latest, listener.warning)) return digest;
  return publishByBuildx(line, { ...only(latest), noCache: false }, { ...listener, cached() {} });
}

/** One command builds and pushes; where only the push failed, another try finds everything built in the cache. */
async function publishByBuildx(line: Line, order: PublishOrder, listener: Listener): Promise<string> {
  const { buildx = [], progress, exporter, settings } = line;
  let { compression } = settings;
  let { noCache } = order;
  const pauses = makePauses();
  for (;;) {
    const cgroup = order.group?.path;
    const how = { exporter, progress, compression, noCache, cgroup, cache: cacheOf(line, order) };
    const args = commands.buildAndPush({ ...order, ...how });
    const failure = await runBuild(line, [...buildx, ...args], order, listener);
    if (failure === undefined) return readDigest(order);
    const { reason } = failure;
    if (isCacheDamaged(reason) && !noCache) {
      noCache = true;
      listener.warning(messages.cacheDamaged());
      continue;
    }
    if (!failure.pushing) throw await explainBuild(line, order, failure);
    noCache = false;
    if (compression === 'zstd' && isMediaTypeRefused(reason)) {
      compression = 'gzip';
      listener.warning(messages.zstdRefused(settings.registry));
      continue;
    }
    await pauseOrGiveUp(line, order.image.name, reason, pauses, listener.warning);
  }
}

async function exportTo(
  line: Line,
  folder: string,
  order: PublishOrder,
  compression: Compression,
  listener: BuildListener,
): Promise<void> {
  const { buildx = [], progress, exporter } = line;
  const how = { exporter, progress, compression, cgroup: order.group?.path, cache: undefined };
  const args = commands.buildAndExport({ ...order, ...how }, folder);
  const failure = await runBuild(line, [...buildx, ...args], order, {
    ...listener,
    pushing: async () => {},
    pushed() {},
    cached() {},
  });
  if (failure !== undefined) throw await explainBuild(line, order, failure);
}

async function readDigest({ metadataFile, image }: PublishOrder): Promise<string> {
  const digest = builtDigest(await readFile(metadataFile, 'utf8').catch(() => ''));
  if (digest === undefined) throw messages.dockerFailed('build', `no digest of ${image.name} in --metadata-file`);
  return digest;
}

async function buildThenPush(line: Line, order: PublishOrder, listener: Listener): Promise<string> {
  const { builder, settings } = line;
  const args = commands.build(builder === 'classic' ? 'classic' : 'buildkit', { ...order, cgroup: order.group?.path });
  const failure = await runBuild(line, [settings.docker, ...args], order, {
    ...listener,
    pushing: async () => {}, // it only goes into the engine yet
  });
  if (failure !== undefined) throw await explainBuild(line, order, failure);
  await listener.pushing();
  const [first = '', ...others] = order.image.references;
  const digest = await push(line, first, listener.warning);
  listener.pushed(digest);
  for (const reference of others) await push(line, reference, listener.warning);
  return digest;
}

function memoize<Args extends unknown[], T>(work: (...args: Args) => T): (...args: Args) => T {
  let result: { of: T } | undefined;
  return (...args) => {
    result ??= { of: work(...args) };
    return result.of;
  };
}
