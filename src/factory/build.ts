import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BuildOptions } from '../build-options.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type AppLock, noteArrival, takeAppLock } from './app-lock.ts';
import { type ReceivedArchive, receiveArchive } from './archive/receive.ts';
import { withBaseImage } from './base-image.ts';
import { limitBuild } from './cgroups.ts';
import { onBuilder } from './choose-builder.ts';
import { ensureDiskSpace, isFull } from './disk.ts';
import { removeDeadChecks } from './docker/check-image.ts';
import { checkExporter } from './docker/demand.ts';
import { type Docker, openDocker } from './docker/docker.ts';
import type { PublishOrder } from './docker/run-build.ts';
import { planContext } from './image/plan-context.ts';
import { planImage } from './image/tags-and-labels.ts';
import * as messages from './messages/build.ts';
import { diskFull } from './messages/disk.ts';
import type { Output } from './output.ts';
import { removeOldImages } from './prune.ts';
import { takeSecrets } from './secrets.ts';
import { endingWith } from './sender.ts';
import { type FactorySettings, limitsOf } from './settings.ts';
import { isBusy, openSpool, type Spool } from './spool.ts';
import { verifyImage } from './verify.ts';
import { rememberPush } from './warehouse/pushes.ts';

export interface BuildJob extends BuildOptions {
  app: string;
  /** A tar or tar.gz of the app. */
  archive: Readable;
  settings: FactorySettings;
  output: Output;
  signal: AbortSignal;
}

/**
 * Builds the image of an archive and pushes it to the warehouse, or compares it with one that is there. Rejects with a
 * Trouble whose exit code says why not; on every way out the spooled files are gone.
 */
export async function runBuild(asked: BuildJob): Promise<ExitCode> {
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
  checkExporter(job, docker);
  let prepared: Prepared | undefined;
  try {
    return await onBuilder({ settings, docker, output, signal }, app, job, async ({ name, buildkit }) => {
      prepared ??= await prepare(job, docker, spool, archive);
      const order = { ...prepared.order, builderName: name };
      if (job.verify === undefined) return publish(job, docker, order, lock, buildkit);
      const { digest } = job.verify;
      const same = await verifyImage(docker, order, { digest, scratch: spool.folder, settings, output });
      return same ? EXIT.built : EXIT.failed;
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
  const { app, tag, checkSeconds, settings, output, image: imageOptions, verify } = job;
  const { builder } = docker;
  const noCache = job.noCache || verify !== undefined;
  const { secretFiles, redactor } = await takeSecrets(job, builder, spool.folder);
  const plan = await planContext({
    ...job,
    // caches of its own are empty without a step that empties them, which would be another image's
    ...(verify === undefined ? {} : { noCache: false, cacheId: randomBytes(16).toString('hex') }),
    ...{ secretFiles, archive, file: spool.archive, scratch: spool.folder, builder, options: job.dockerfile },
    note: output.buildOutput,
  });
  await ensureDiskSpace(docker, settings, plan.needed, output);
  if (builder === 'classic') output.warning(messages.classicBuilder(archive.layout));
  if (verify !== undefined) output.heading(messages.verifying(verify.digest));
  output.heading(messages.building(archive.layout, settings.baseImage, builder, archive.files, archive.received));
  const image = planImage(settings.registry, app, archive.commit, archive.commitTime, tag);
  const group = docker.cgroupWay === 'each' ? await limitBuild(app, limitsOf(settings)) : undefined;
  const metadataFile = join(spool.folder, 'metadata.json');
  const context = await spool.makeContext(plan.fill);
  const { folder, filled: dockerfile } = context;
  const how = { imageOptions, secrets: secretFiles, redactor, noCache, group, metadataFile, checkSeconds };
  const ownBase = job.baseImage !== undefined;
  return { context, order: { app, context: folder, dockerfile, ownBase, image, ...how } };
}

async function publish(
  { app, settings, output, signal }: BuildJob,
  docker: Docker,
  order: PublishOrder,
  lock: AppLock,
  buildkit: string | null,
): Promise<ExitCode> {
  const { image } = order;
  const beside: Promise<void>[] = [];
  let bytes: number | undefined;
  const publishing = docker.publish(order, {
    ...output,
    async pushing() {
      await lock.markPushing();
      output.event({ event: 'pushing', image: image.name });
      output.heading(messages.pushing((image.references.at(-1) ?? image.name).replace(/:latest$/, '')));
      const removing = removeOldImages(docker, settings, app).catch((error: unknown) => {
        if (!(error instanceof Trouble)) throw error;
        output.warning(error.message);
      });
      beside.push(removing);
    },
    pushed(digest) {
      const reading = isBusy(settings.spool).then(async (busy) => {
        if (!busy) bytes = await docker.sizeOf({ name: image.name, digest });
      });
      beside.push(reading);
    },
  });
  const digest = await publishing.catch(async (error: unknown) => {
    await Promise.allSettled(beside); // it must not outlive our lock
    throw !signal.aborted && (await isFull(docker, settings)) ? diskFull() : error;
  });
  await Promise.all(beside);
  await rememberPush(settings.spool, app, image, digest);
  if (bytes !== undefined) output.heading(messages.imageSize(bytes));
  output.result(
    { event: 'pushed', image: image.name, digest, bytes: bytes ?? null, buildkit },
    messages.pushed(image.name, digest),
  );
  return EXIT.built;
}
