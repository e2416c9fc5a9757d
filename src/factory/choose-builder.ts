import { Trouble } from '../errors.ts';
import { rankFor } from '../rendezvous.ts';
import { isSystemError } from './app-lock.ts';
import { type BuilderTraits, type NamedTraits, traitsOf } from './docker/builder-state.ts';
import { type Demand, explainLack, findLack } from './docker/demand.ts';
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
  docker: Pick<Docker, 'buildx' | 'traits'>;
  output: Pick<Output, 'heading' | 'warning' | 'event'>;
  signal: AbortSignal;
}

/**
 * Runs `work` when there is a place for it on the app's home, the builder that has its caches. If that does not answer,
 * the next one in the app's own order is used; if one is lost during the work, another replaces it, once. Rejects with
 * exit code 4 if none answers, or none that answers meets the demand. Without builders, `work` gets an empty name, for
 * the engine's own.
 */
export async function onBuilder<T>(farm: Farm, app: string, demand: Demand, work: Work<T>): Promise<T> {
  const { settings, docker, output } = farm;
  const { builders, spool } = settings;
  if (builders.length < 2 || docker.buildx === undefined) return onOnlyBuilder(farm, demand, work);
  const order = rankFor(app, builders);
  const unfit: NamedTraits[] = [];
  let lost: Trouble | undefined;
  for await (const traits of answering(farm, await silentLast(order, spool), demand, unfit)) {
    const builder = traits.name;
    const silent = order.slice(0, order.indexOf(builder)).filter((name) => !unfit.some((each) => each.name === name));
    whyHere(lost, silent, builder).forEach(output.warning);
    try {
      return await atPlace(farm, traits, work);
    } catch (error) {
      if (lost !== undefined || !isLostBuilder(error)) throw error;
      await noteSilent(spool, builder);
      lost = error;
    }
  }
  throw lost ?? (unfit.length > 0 ? explainLack(demand, unfit) : messages.noBuilder());
}

async function onOnlyBuilder<T>(farm: Farm, demand: Demand, work: Work<T>): Promise<T> {
  const builder = { ...farm.docker.traits, name: farm.settings.builders[0] ?? '' };
  if (findLack(demand, builder) !== undefined) throw explainLack(demand, [builder]);
  return atPlace(farm, builder, work);
}

/** What to tell where an app is not built at home. */
function whyHere(lost: Trouble | undefined, silent: readonly string[], builder: string): string[] {
  if (lost !== undefined) return [messages.buildingAgain(lost, builder)];
  return silent.length > 0 ? [messages.passedOver(silent, builder)] : [];
}

type Work<T> = (builder: NamedTraits) => Promise<T>;

const isLostBuilder = (error: unknown): error is Trouble => error instanceof Trouble && error.code === 'builder-lost';

/** Those that did not answer lately come last. */
async function silentLast(order: readonly string[], spool: string): Promise<string[]> {
  const silences = await Promise.all(order.map((builder) => wasSilent(spool, builder)));
  return [...order.filter((_, i) => !silences[i]), ...order.filter((_, i) => silences[i])];
}

/** Those that don't meet the demand are added to `unfit` instead. */
async function* answering(
  farm: Farm,
  order: readonly string[],
  demand: Demand,
  unfit: NamedTraits[],
): AsyncGenerator<NamedTraits> {
  for (const name of order) {
    const traits = await askBuilder(farm, name);
    if (traits === undefined) continue;
    if (findLack(demand, traits) === undefined) yield { ...traits, name };
    else unfit.push({ ...traits, name });
  }
}

/** undefined: it doesn't answer. */
async function askBuilder({ settings, docker }: Farm, builder: string): Promise<BuilderTraits | undefined> {
  const state = await inspectBuilder(docker.buildx ?? [], builder);
  await (state.trouble === undefined ? noteAnswer : noteSilent)(settings.spool, builder);
  return state.trouble === undefined ? traitsOf(state) : undefined;
}

/** Waits for a place on the builder, which may die meanwhile. */
async function atPlace<T>(farm: Farm, builder: NamedTraits, work: Work<T>): Promise<T> {
  const { settings, output, signal } = farm;
  const { name } = builder;
  let waiting = false;
  const tell = (before: number) => {
    if (!waiting) output.event({ event: 'waiting' });
    waiting = true;
    output.heading(waitingForPlace(before));
  };
  const folder = placesOf(settings.spool, name);
  await using place = await takePlace(folder, settings.maxBuilds, tell, signal).catch((error: unknown) => {
    throw isSystemError(error) ? spoolUnusable(folder, error) : error;
  });
  if (place.waited) output.event({ event: 'building' });
  if (place.waited && settings.builders.length > 1 && (await askBuilder(farm, name)) === undefined)
    throw messages.builderLost(name, messages.stoppedAnswering());
  return await work(builder);
}
