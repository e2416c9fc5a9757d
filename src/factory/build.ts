import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { formatImageSize, formatPushed } from '../contract.ts';
import { planAppFiles } from './app-files.ts';
import { receiveArchive } from './archive/receive.ts';
import { isFull, makeRoom } from './disk.ts';
import { type Docker, openDocker } from './docker.ts';
import { dockerfile } from './dockerfile.ts';
import { planImage } from './image.ts';
import { tidyUp } from './prune.ts';
import type { Screen } from './screen.ts';
import type { FactorySettings } from './settings.ts';
import { openSpool } from './spool.ts';
import { noteArrival, takeTurn } from './turn.ts';
import * as words from './words.ts';

export interface BuildJob {
  app: string;
  noCache: boolean;
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
export async function runBuild({ app, noCache, archive: stream, settings, screen, signal }: BuildJob): Promise<void> {
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
  const { baseImage, registry } = settings;
  const buildKit = docker.builder !== 'classic';
  if (!buildKit) screen.warning(words.noCacheDir());
  const { tars } = files;
  const recipe = dockerfile({ ...archive, baseImage, app, tars, buildKit, noCache });
  await using context = await spool.makeContext(recipe, files.fill);
  const image = planImage(registry, app, archive.commit, archive.commitTime);

  screen.heading(words.building(baseImage, docker.builder));
  await docker.build(app, { context: context.folder, image, noCache }, screen.output).catch(async (error: unknown) => {
    throw !signal.aborted && (await isFull(docker, settings)) ? words.diskFull() : error;
  });

  await turn.claim();
  screen.heading(words.pushing(image.name));
  const pushing = pushAll(docker, image.references, screen);
  const asking = [readSize(docker, image.name), tidyUp(docker, settings, app)] as const;
  const [digest, size] = await Promise.all([pushing, ...asking]).catch(async (error: unknown) => {
    await Promise.allSettled([pushing, ...asking]); // none may outlive our turn
    throw error;
  });
  if (size !== undefined) screen.raw(formatImageSize(size));
  screen.raw(formatPushed({ image: image.name, digest }));
}

/**
 * One reference after the other: of two that push one manifest at once, a registry on a file system (its driver writes
 * in place) now and then answers one with 500. The second finds all layers there.
 */
async function pushAll(docker: Docker, references: readonly string[], screen: Screen): Promise<string> {
  let digest = '';
  for (const reference of references) digest = await docker.push(reference, screen.warning);
  return digest;
}

/** Bytes of the image, unpacked; to be asked while it is pushed, when nothing waits for it. */
async function readSize(docker: Docker, image: string): Promise<number | undefined> {
  const text = await docker.ask(['image', 'inspect', '--format', '{{.Size}}', '--', image]);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
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
