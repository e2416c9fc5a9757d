import type { ImageOptions, Verification } from '../../image-options.ts';
import * as messages from '../messages/image-options.ts';
import type { BuilderTraits, NamedTraits } from './builder-state.ts';
import { isFrom } from './builders.ts';
import type { DockerFacts } from './facts.ts';

/** What a build needs of its builder. */
export interface Demand {
  image: ImageOptions;
  verify: Verification | undefined;
}

/** Throws (exit code 4) if no builder of this factory can make such an image. */
export function checkExporter(
  { image }: Demand,
  { builder, exporter }: Pick<DockerFacts, 'builder' | 'exporter'>,
): void {
  if (builder === 'buildx' && exporter === 'image') return;
  if (image.reproducible) throw messages.noImageExporter('reproducible');
  if (image.platforms.length > 0) throw messages.noImageExporter('platforms');
  if (image.attest.length > 0) throw messages.noImageExporter('attest');
}

/** Why a builder can't do it; undefined if it can. */
export function findLack(demand: Demand, traits: BuilderTraits): Lack | undefined {
  const { image, verify } = demand;
  const { buildkit } = traits;
  if (missingOf(demand, traits).length > 0) return 'platform';
  if (image.reproducible && buildkit !== null && !isFrom(REWRITES_FROM, buildkit)) return 'rewrite-timestamp';
  return verify !== undefined && verify.buildkit !== buildkit ? 'same-buildkit' : undefined;
}

type Lack = 'platform' | 'rewrite-timestamp' | 'same-buildkit';

const missingOf = ({ image }: Demand, { platforms }: BuilderTraits) =>
  image.platforms.filter((platform) => !platforms.includes(platform));

/** The first BuildKit that rewrites timestamps is 0.13. */
const REWRITES_FROM = 13;

/** `unfit`: all builders that answer. */
export function explainLack(demand: Demand, unfit: readonly NamedTraits[]) {
  const lacks = unfit.map((traits) => findLack(demand, traits));
  if (lacks.includes('platform')) return messages.noPlatform(rarestOf(demand, unfit), unfit);
  return lacks.includes('same-buildkit')
    ? messages.otherBuildKit(demand.verify?.buildkit ?? null, unfit)
    : messages.buildKitTooOld('reproducible', '0.13', unfit);
}

/** The platforms that no builder has, or else those that no one builder has together. */
function rarestOf(demand: Demand, builders: readonly NamedTraits[]): readonly string[] {
  const missing = builders.map((traits) => missingOf(demand, traits));
  const nowhere = demand.image.platforms.filter((platform) => missing.every((each) => each.includes(platform)));
  return nowhere.length > 0 ? nowhere : demand.image.platforms;
}
