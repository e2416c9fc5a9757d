import { readRemoteDigest } from './docker/remote-digest.ts';
import { planImage } from './image/tags-and-labels.ts';
import type { Output } from './output.ts';
import type { FactorySettings } from './settings.ts';

export interface LatestJob {
  app: string;
  settings: FactorySettings;
  output: Output;
  signal: AbortSignal;
}

/** Tells which image the warehouse has as an app's latest. */
export async function tellLatest({ app, settings, output, signal }: LatestJob): Promise<void> {
  const { name } = planImage(settings.registry, app, undefined, 0);
  const digest = await readRemoteDigest(settings, `${name}:latest`, signal);
  output.event({ event: 'latest', image: name, digest: digest ?? null });
}
