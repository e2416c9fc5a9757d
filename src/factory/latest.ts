import { readRemoteDigest } from './docker/digest.ts';
import { planImage } from './image.ts';
import type { Screen } from './screen.ts';
import type { FactorySettings } from './settings.ts';

export interface LatestJob {
  app: string;
  settings: FactorySettings;
  screen: Screen;
  signal: AbortSignal;
}

/** Tells which image the warehouse has as an app's latest. */
export async function tellLatest({ app, settings, screen, signal }: LatestJob): Promise<void> {
  const { name } = planImage(settings.registry, app, undefined, 0);
  const digest = await readRemoteDigest(settings, `${name}:latest`, signal);
  screen.event({ event: 'latest', image: name, digest: digest ?? null });
}
