import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { DockerfileOptions } from '../dockerfile-options.ts';
import { type AppLock, noteArrival, takeAppLock } from './app-lock.ts';
import { type ReceivedArchive, receiveArchive } from './archive/receive.ts';
import { withBaseImage } from './base-image.ts';
import { limitBuild } from './cgroups.ts';
import { onBuilder } from './choose-builder.ts';
import { ensureDiskSpace, isFull } from './disk.ts';
import { removeDeadChecks } from './docker/check-image.ts';
import { inspectManifest } from './docker/commands.ts';
import { type Docker, openDocker } from './docker/docker.ts';
import { manifestBytes } from './docker/parse.ts';
import type { PublishOrder } from './docker/run-build.ts';
import { planContext } from './image/plan-context.ts';
import { type ImagePlan, planImage } from './image/tags-and-labels.ts';
import * as messages from './messages/build.ts';
import { diskFull } from './messages/disk.ts';
import type { Output } from './output.ts';
import { removeOldImages } from './prune.ts';
import { takeSecrets } from './secrets.ts';
import { endingWith } from './sender.ts';
import { type FactorySettings, limitsOf } from './settings.ts';
import { openSpool, type Spool } from './spool.ts';

export interface BuildJob {
  app: string;
  /** undefined: latest. */
  tag: string | undefined;
  noCache: boolean;
  cacheId: string | undefined;
  secrets: readonly string[];
  checkSeconds: number | undefined;
  /** undefined: that of the settings. */
  baseImage: string | undefined;
  dockerfile: DockerfileOptions | undefined;
  /** A tar or tar.gz of the app. */
  archive: Readable;
  settings: FactorySettings;
  output: Output;
  signal: AbortSignal;
}

/**
 * Builds the image of an archive and pushes it to the warehouse. Rejects with a Trouble whose exit code says why not;
 * on every way out the spooled files are gone.
 */
export async function runBuild(asked: BuildJob): Promise<void> {
  const job = { ...asked, settings: withBaseImage(asked.settings, asked.baseImage) };
  const { app, archive: stream, settings, output, signal } = job;
  const arrival = await noteArrival();
  const opening = openDocker(settings, signal);
  opening.catch(() => {}); // awaited below
  await using spool = await openSpool(settings.spool, app, job.tag);
  const receiving = receiveArchive(endingWith(signal, stream), spool.archive, settings, job.dockerfile?.file);
  const archive = await receiving.catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });

  await removeDeadChecks(settings);
  await using lock = await takeAppLock({ ...job, path: spool.lockFile, arrival });
  const docker = await opening;
  let prepared: Prepared | undefined;
  try {
    await onBuilder({ settings, docker, output, signal }, app, async (builderName) => {
      prepared ??= await prepare(job, docker, spool, archive);
      await publish(job, docker, { ...prepared.order, builderName }, lock);
    });
  } finally {
    await prepared?.context[Symbol.asyncDispose]();
  }
}

/** What a builder gets; if it is lost, another one gets the same. */
interface Prepared {
  context: AsyncDisposable;
  order: Omit<PublishOrder, 'builderName'>;
}

async function prepare(job: BuildJob, docker: Docker, spool: Spool, archive: ReceivedArchive): Promise<Prepared> {
  const { app, tag, noCache, checkSeconds, settings, output } = job;
  const { builder } = docker;
  const { secretFiles, redactor } = await takeSecrets(job, builder, spool.folder);
  const plan = await planContext({
    ...job,
    ...{ secretFiles, archive, file: spool.archive, scratch: spool.folder, builder, options: job.dockerfile },
    note: output.buildOutput,
  });
  await ensureDiskSpace(docker, settings, plan.needed, output);
  if (builder === 'classic') output.warning(messages.classicBuilder(archive.layout));
  output.heading(messages.building(archive.layout, settings.baseImage, builder, archive.files, archive.received));
  const image = planImage(settings.registry, app, archive.commit, archive.commitTime, tag);
  const group = docker.cgroupWay === 'each' ? await limitBuild(app, limitsOf(settings)) : undefined;
  const metadataFile = join(spool.folder, 'metadata.json');
  const context = await spool.makeContext(plan.fill);
  const { folder, filled: dockerfile } = context;
  const how = { secrets: secretFiles, redactor, noCache, group, metadataFile, checkSeconds };
  return { context, order: { app, context: folder, dockerfile, image, ...how } };
}

async function publish(
  { app, settings, output, signal }: BuildJob,
  docker: Docker,
  order: PublishOrder,
  lock: AppLock,
): Promise<void> {
  const { image } = order;
  let removingOldImages: Promise<void> | undefined;
  const publishing = docker.publish(order, {
    ...output,
    async pushing() {
      await lock.markPushing();
      output.event({ event: 'pushing', image: image.name });
      output.heading(messages.pushing((image.references.at(-1) ?? image.name).replace(/:latest$/, '')));
      removingOldImages = removeOldImages(docker, settings, app);
    },
  });
  const digest = await publishing.catch(async (error: unknown) => {
    await removingOldImages?.catch(() => {}); // it must not outlive our lock
    throw !signal.aborted && (await isFull(docker, settings)) ? diskFull() : error;
  });
  await removingOldImages;
  await reportPushed(docker, image, digest, output);
}

async function reportPushed(docker: Docker, { name }: ImagePlan, digest: string, output: Output): Promise<void> {
  const manifest = await docker.ask(inspectManifest(`${name}@${digest}`));
  const bytes = manifestBytes(manifest ?? '') ?? null;
  if (bytes !== null) output.heading(messages.imageSize(bytes));
  output.result({ event: 'pushed', image: name, digest, bytes }, messages.pushed(name, digest));
}
