import { formatPushed } from '../contract.ts';
import { openDocker } from './docker.ts';
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
 * Makes an image that the warehouse still has the app's latest, without a build. Its layers are there already, so that
 * only its manifest is pushed. Rejects with exit code 5 where the warehouse does not have it.
 */
export async function retagImage({ app, digest, settings, screen, signal }: RetagJob): Promise<void> {
  const arrival = await noteArrival();
  const docker = await openDocker(settings, signal);
  await using spool = await openSpool(settings.spool, app);
  await using turn = await takeTurn(app, spool.lockFile, arrival, screen, signal);
  const { name } = planImage(settings.registry, app, undefined, 0);
  screen.heading(words.retagging(name, digest));
  const image = `${name}@${digest}`;
  if ((await docker.ask(['pull', '--quiet', image])) === undefined) throw words.imageGone(image);
  await turn.claim();
  // a prune may have taken it since; what is pushed next is whatever has the name
  if ((await docker.ask(['tag', image, `${name}:latest`])) === undefined) throw words.imageGone(image);
  screen.raw(formatPushed({ image: name, digest: await docker.push(`${name}:latest`, screen.warning) }));
}
