import { Trouble } from '../errors.ts';
import { rankFor } from '../rendezvous.ts';
import { isSystemError } from './app-lock.ts';
import type { Docker } from './docker/docker.ts';
import { inspectBuilder } from './docker/inspect-builder.ts';
import { waitingForPlace } from './messages/build.ts';
import { spoolUnusable } from './messages/disk.ts';
import * as messages from './messages/docker.ts';
import type { Output } from './output.ts';
import { placesOf, takePlace } from './places.ts';
import type { FactorySettings } from './settings.ts';
import { noteAnswer, noteSilent, wasSilent } from './silent-builders.ts';

export interface Farm {
  settings: FactorySettings;
  docker: Pick<Docker, 'buildx'>;
  output: Pick<Output, 'heading' | 'warning' | 'event'>;
  signal: AbortSignal;
}

/**
 * Runs `work` when there is a place for it on the app's home, the builder that has its caches. If that does not answer,
 * the next one in the app's own order is used; if one is lost during the work, another replaces it, once. Rejects with
 * exit code 4 if none answers. Without builders, `work` gets an empty name, for the engine's own.
 */
export async function onBuilder<T>(farm: Farm, app: string, work: (builder: string) => Promise<T>): Promise<T> {
  const { settings, docker, output } = farm;
  const { builders, spool } = settings;
  if (builders.length < 2 || docker.buildx === undefined) return atPlace(farm, builders[0] ?? '', work);
  const order = rankFor(app, builders);
  let lost: Trouble | undefined;
  for await (const builder of answering(farm, await silentLast(order, spool))) {
    const before = order.slice(0, order.indexOf(builder));
    if (lost !== undefined) output.warning(messages.buildingAgain(lost, builder));
    else if (before.length > 0) output.warning(messages.passedOver(before, builder));
    try {
      return await atPlace(farm, builder, work);
    } catch (error) {
      if (lost !== undefined || !isLostBuilder(error)) throw error;
      await noteSilent(spool, builder);
      lost = error;
    }
  }
  throw lost ?? messages.noBuilder();
}

const isLostBuilder = (error: unknown): error is Trouble => error instanceof Trouble && error.code === 'builder-lost';

/** Those that did not answer lately come last. */
async function silentLast(order: readonly string[], spool: string): Promise<string[]> {
  const silences = await Promise.all(order.map((builder) => wasSilent(spool, builder)));
  return [...order.filter((_, i) => !silences[i]), ...order.filter((_, i) => silences[i])];
}

async function* answering(farm: Farm, order: readonly string[]): AsyncGenerator<string> {
  for (const builder of order) if (await answers(farm, builder)) yield builder;
}

async function answers({ settings, docker }: Farm, builder: string): Promise<boolean> {
  const { trouble } = await inspectBuilder(docker.buildx ?? [], builder);
  await (trouble === undefined ? noteAnswer : noteSilent)(settings.spool, builder);
  return trouble === undefined;
}

/** Waits for a place on the builder, which may die meanwhile. */
async function atPlace<T>(farm: Farm, builder: string, work: (builder: string) => Promise<T>): Promise<T> {
  const { settings, output, signal } = farm;
  let waiting = false;
  const tell = (before: number) => {
    if (!waiting) output.event({ event: 'waiting' });
    waiting = true;
    output.heading(waitingForPlace(before));
  };
  const folder = placesOf(settings.spool, builder);
  await using place = await takePlace(folder, settings.maxBuilds, tell, signal).catch((error: unknown) => {
    throw isSystemError(error) ? spoolUnusable(folder, error) : error;
  });
  if (place.waited) output.event({ event: 'building' });
  if (place.waited && settings.builders.length > 1 && !(await answers(farm, builder)))
    throw messages.builderLost(builder, messages.stoppedAnswering());
  return await work(builder);
}
