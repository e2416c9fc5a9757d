import { statfs } from 'node:fs/promises';
import { removeDeadChecks } from './docker/check-image.ts';
import { type Docker, openDocker } from './docker/docker.ts';
import * as messages from './messages/disk.ts';
import type { Output } from './output.ts';
import { pruneBuilder, pruneFactory } from './prune.ts';
import type { FactorySettings } from './settings.ts';

/** With less free space, a full disk is blamed for a failed build. */
const FULL_DISK_BYTES = 32 * 1024 * 1024;

/** Free bytes of the fuller one of the two places that a build fills: docker's data root and our spool. */
export async function freeBytes(docker: Pick<Docker, 'dataRoot'>, settings: FactorySettings): Promise<number> {
  const places = [settings.spool, ...(docker.dataRoot === undefined ? [] : [docker.dataRoot])];
  // a data root on another machine, or one that we may not look into, has no figure
  const free = await Promise.all(
    places.map((place) =>
      statfs(place).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => Infinity,
      ),
    ),
  );
  return Math.min(...free);
}

/**
 * Makes sure that a build that takes so many bytes leaves `minFree`. Prunes by rule where it would not fit, and rejects
 * with exit code 4 if that isn't enough.
 */
export async function ensureDiskSpace(
  docker: Docker,
  settings: FactorySettings,
  needed: number,
  output: Output,
): Promise<void> {
  const wanted = needed + settings.minFree;
  if ((await freeBytes(docker, settings)) >= wanted) return;
  output.heading(messages.pruning());
  await pruneFactory(docker, settings.keepImages, true);
  const free = await freeBytes(docker, settings);
  if (free < wanted) throw messages.noRoom(free, needed, settings.minFree);
}

export async function isFull(docker: Docker, settings: FactorySettings): Promise<boolean> {
  return (await freeBytes(docker, settings)) < FULL_DISK_BYTES;
}

/** `build.sh --prune`: what ensureDiskSpace does, by hand; prints what it freed. */
export async function pruneByHand(settings: FactorySettings, output: Output): Promise<void> {
  const docker = await openDocker(settings, new AbortController().signal);
  const before = await freeBytes(docker, settings);
  await removeDeadChecks(settings);
  await pruneFactory(docker, settings.keepImages);
  output.raw(messages.pruned(before, await freeBytes(docker, settings)));
  for await (const line of settings.builders.map((name) => pruneBuilder(docker, name))) output.raw(line);
}
