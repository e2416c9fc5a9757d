import { LATEST } from '../image-tag.ts';
import { noteArrival, takeAppLock } from './app-lock.ts';
import { openDocker } from './docker/docker.ts';
import { planImage } from './image/tags-and-labels.ts';
import * as messages from './messages/build.ts';
import type { Output } from './output.ts';
import type { FactorySettings } from './settings.ts';
import { openSpool } from './spool.ts';
import { rememberPush } from './warehouse/pushes.ts';

export interface RetagJob {
  app: string;
  /** The app whose image it is, if that was another: this one under a former name. */
  from: string | undefined;
  /** Of an image that the warehouse has. */
  digest: string;
  /** The tag that it gets; undefined: latest. */
  tag: string | undefined;
  /** Whose tag it gets, too. */
  commit: string | undefined;
  settings: FactorySettings;
  output: Output;
  signal: AbortSignal;
}

/**
 * Gives an image in the warehouse the app's latest tag, or another one, without a build: its manifest gets another name,
 * and no layer is sent. For an app that was renamed, its layers get the new name, too. Rejects with exit code 5 if the
 * warehouse no longer has the image.
 */
export async function retagImage({
  app,
  from = app,
  tag,
  digest,
  commit,
  settings,
  output,
  signal,
}: RetagJob): Promise<void> {
  const arrival = await noteArrival();
  const docker = await openDocker(settings, signal);
  await using spool = await openSpool(settings.spool, app, tag);
  await using lock = await takeAppLock({ app, tag, path: spool.lockFile, arrival, output, signal });
  const image = planImage(settings.registry, app, commit, 0, tag);
  const { name, references } = image;
  await lock.markPushing();
  output.event({ event: 'pushing', image: name });
  output.heading(messages.retagging(`${name}:${tag ?? LATEST}`, digest));
  const source = { name: planImage(settings.registry, from, undefined, 0).name, digest };
  let pushed = digest;
  for (const reference of references) pushed = await docker.retag(source, reference, output.warning);
  await rememberPush(settings.spool, app, image, pushed);
  output.result(
    { event: 'pushed', image: name, digest: pushed, bytes: null, buildkit: null },
    messages.pushed(name, pushed),
  );
}
