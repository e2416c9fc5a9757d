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
  if (image.reproducible && (builder !== 'buildx' || exporter !== 'image'))
    throw messages.noImageExporter('reproducible');
}

/** Why a builder can't do it; undefined if it can. */
export function findLack({ image, verify }: Demand, { buildkit }: BuilderTraits): Lack | undefined {
  if (image.reproducible && buildkit !== null && !isFrom(REWRITES_FROM, buildkit)) return 'rewrite-timestamp';
  return verify !== undefined && verify.buildkit !== buildkit ? 'same-buildkit' : undefined;
}

export type Lack = 'rewrite-timestamp' | 'same-buildkit';

/** The first BuildKit that rewrites timestamps is 0.13. */
const REWRITES_FROM = 13;

/** `unfit`: all builders that answer. */
export function explainLack(demand: Demand, unfit: readonly NamedTraits[]) {
  const lacks = unfit.map((traits) => findLack(demand, traits));
  return lacks.includes('same-buildkit')
    ? messages.otherBuildKit(demand.verify?.buildkit ?? null, unfit)
    : messages.buildKitTooOld('reproducible', '0.13', unfit);
}
