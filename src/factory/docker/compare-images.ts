import { printable } from '../../printable.ts';
import type { DifferingLayer } from '../../runner-events.ts';
import type { ImageManifest } from './manifest.ts';

/** `steps`: what made each of its layers, by its history. */
export interface ComparedImage extends ImageManifest {
  steps: readonly string[];
}

export interface Comparison {
  reproduced: boolean;
  /** Those that differ; none where only the configuration does. */
  layers: DifferingLayer[];
}

const MAX_LAYERS = 20;
const MAX_STEP_CHARS = 120;

/** Compares what was built with what is in the warehouse, platform by platform. */
export function compareImages(before: readonly ImageManifest[], now: readonly ComparedImage[]): Comparison {
  const pairs = now.map((image) => ({ image, other: now.length === 1 ? before[0] : findLike(image, before) }));
  const reproduced = before.length === now.length && pairs.every(({ image, other }) => image.digest === other?.digest);
  return {
    reproduced,
    layers: pairs.flatMap(({ image, other }) => differingLayers(image, other)).slice(0, MAX_LAYERS),
  };
}

const findLike = ({ platform }: ImageManifest, images: readonly ImageManifest[]) =>
  images.find((image) => image.platform === platform);

function differingLayers(
  { platform, layers, steps }: ComparedImage,
  other: ImageManifest | undefined,
): DifferingLayer[] {
  return layers.flatMap(({ digest }, i) =>
    digest === other?.layers[i]?.digest
      ? []
      : [{ platform, position: i + 1, of: layers.length, step: nameOf(steps[i] ?? '') }],
  );
}

/** `deps.sh` or `build.sh` of our own Dockerfile, or the instruction without BuildKit's list of build arguments. */
function nameOf(step: string): string {
  const text = step.replace(/ # buildkit$/, '');
  const [, script] = /^RUN .*\.\/((?:build|deps)\.sh)$/s.exec(text) ?? [];
  return script ?? printable(text.replace(/^RUN \|\d+ .*? (?=\/bin\/sh -c )/s, 'RUN '), false).slice(0, MAX_STEP_CHARS);
}
