import { Socket } from 'node:net';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { planAppFiles } from './app-files.ts';
import { receiveArchive } from './archive/receive.ts';
import { limitBuild } from './cgroups.ts';
import { isFull, makeRoom } from './disk.ts';
import { manifestBytes } from './docker/answers.ts';
import { inspectManifest } from './docker/commands.ts';
import { type Docker, openDocker } from './docker/docker.ts';
import { dockerfile } from './dockerfile.ts';
import { type ImagePlan, planImage } from './image.ts';
import { tidyUp } from './prune.ts';
import type { Screen } from './screen.ts';
import { type FactorySettings, limitsOf } from './settings.ts';
import { openSpool } from './spool.ts';
import { noteArrival, takeTurn } from './turn.ts';
import * as words from './words.ts';

export interface BuildJob {
  app: string;
  noCache: boolean;
  cacheId: string | undefined;
  /** The tar.gz of the app. */
  archive: Readable;
  settings: FactorySettings;
  screen: Screen;
  signal: AbortSignal;
}

/**
 * Builds the image of an archive and pushes it to the warehouse. Rejects with a Trouble whose exit code says why not;
 * on every way out the spooled files are gone.
 */
export async function runBuild(job: BuildJob): Promise<void> {
  const { app, noCache, cacheId, archive: stream, settings, screen, signal } = job;
  const arrival = await noteArrival();
  const opening = openDocker(settings, signal);
  opening.catch(() => {}); // awaited below
  await using spool = await openSpool(settings.spool, app);
  const archive = await receiveArchive(endingWith(signal, stream), spool.archive, settings).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
  screen.heading(words.received(app, archive.entries, archive.received, archive.commit));

  await using turn = await takeTurn(app, spool.lockFile, arrival, screen, signal);
  const docker = await opening;
  const files = await planAppFiles(spool.archive, archive, settings.spool, app);
  await makeRoom(docker, settings, files.needed, screen);
  const { baseImage, registry, cacheLimit } = settings;
  const buildKit = docker.builder !== 'classic';
  if (!buildKit) screen.warning(words.noCacheDir());
  const { tars } = files;
  const recipe = dockerfile({ ...archive, baseImage, app, tars, buildKit, noCache, cacheId, cacheLimit });
  await using context = await spool.makeContext(recipe, files.fill);
  const image = planImage(registry, app, archive.commit, archive.commitTime);

  screen.heading(words.building(baseImage, docker.builder));
  const group = docker.cgroupWay === 'each' ? await limitBuild(app, limitsOf(settings)) : undefined;
  const metadataFile = join(spool.folder, 'metadata.json');
  const order = { app, context: context.folder, image, noCache, group, metadataFile };
  let tidying: Promise<void> | undefined;
  const publishing = docker.publish(order, {
    ...screen,
    async pushing() {
      await turn.claim();
      screen.event({ event: 'pushing', image: image.name });
      screen.heading(words.pushing(image.name));
      tidying = tidyUp(docker, settings, app);
    },
  });
  const digest = await publishing.catch(async (error: unknown) => {
    await tidying?.catch(() => {}); // it must not outlive our turn
    throw !signal.aborted && (await isFull(docker, settings)) ? words.diskFull() : error;
  });
  await tidying;
  await tellPushed(docker, image, digest, screen);
}

async function tellPushed(docker: Docker, { name }: ImagePlan, digest: string, screen: Screen): Promise<void> {
  const manifest = await docker.ask(inspectManifest(`${name}@${digest}`));
  const bytes = manifestBytes(manifest ?? '') ?? null;
  if (bytes !== null) screen.heading(words.imageSize(bytes));
  screen.event({ event: 'pushed', image: name, digest, bytes });
  screen.heading(words.pushed(name, digest));
}

/** Milliseconds without a byte after which the sender counts as lost. */
const SILENCE = 40_000;

/**
 * The stream until the signal, or until nothing more comes of it: of a network that was cut nobody tells sshd, and
 * nobody us.
 */
function endingWith(signal: AbortSignal, stream: Readable): Readable {
  if (stream instanceof Socket) {
    stream.setTimeout(SILENCE, () => stream.destroy(words.senderSilent(SILENCE / 1000)));
    stream.once('end', () => stream.setTimeout(0));
  }
  return addAbortSignal(signal, stream);
}
