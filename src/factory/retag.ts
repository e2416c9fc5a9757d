import { openDocker } from './docker/docker.ts';
import { planImage } from './image.ts';
import type { Screen } from './screen.ts';
import type { FactorySettings } from './settings.ts';
import { openSpool } from './spool.ts';
import { noteArrival, takeTurn } from './turn.ts';
import * as words from './words.ts';

export interface RetagJob {
  app: string;
  /** Of an image that the warehouse has. */
  digest: string;
  settings: FactorySettings;
  screen: Screen;
  signal: AbortSignal;
}

/**
 * Makes an image that the warehouse still has the app's latest, without a build. Its layers are there already; its
 * manifest alone gets another name. Rejects with exit code 5 where the warehouse does not have it.
 */
export async function retagImage({ app, digest, settings, screen, signal }: RetagJob): Promise<void> {
  const arrival = await noteArrival();
  const docker = await openDocker(settings, signal);
  await using spool = await openSpool(settings.spool, app);
  await using turn = await takeTurn(app, spool.lockFile, arrival, screen, signal);
  const { name } = planImage(settings.registry, app, undefined, 0);
  await turn.claim();
  screen.event({ event: 'pushing', image: name });
  screen.heading(words.retagging(name, digest));
  await docker.retag(`${name}@${digest}`, `${name}:latest`, screen.warning);
  screen.event({ event: 'pushed', image: name, digest, bytes: null });
  screen.heading(words.pushed(name, digest));
}
