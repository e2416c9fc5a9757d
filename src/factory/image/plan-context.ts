import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DockerfileOptions } from '../../dockerfile-options.ts';
import type { ImageOptions } from '../../image-options.ts';
import type { Dependencies } from '../archive/dependencies.ts';
import { extractParts } from '../archive/extract-parts.ts';
import type { ReceivedArchive } from '../archive/receive.ts';
import { unpackArchive } from '../archive/unpack.ts';
import type { OwnDockerfile, SecretFiles } from '../docker/build-order.ts';
import type { Builder } from '../docker/builders.ts';
import { dockerfileTooLarge } from '../messages/archive.ts';
import * as messages from '../messages/build.ts';
import type { FactorySettings } from '../settings.ts';
import { planContextFiles } from './context-files.ts';
import { cacheOwner, dockerfile, KEEP_PACKAGES } from './dockerfile.ts';
import { withoutSyntax } from './syntax-directive.ts';

/** What docker is to build, and from what. */
export interface ContextPlan {
  /** Bytes that the build takes until it ends. */
  needed: number;
  /** Puts the app's files, and a Dockerfile if it has none of its own, into the build context. */
  fill(context: string): Promise<OwnDockerfile | undefined>;
}

export interface PlanJob {
  app: string;
  archive: ReceivedArchive;
  /** The checked archive; it is moved into the context. */
  file: string;
  /** Of this build alone. */
  scratch: string;
  builder: Builder;
  noCache: boolean;
  cacheId: string | undefined;
  secretFiles: SecretFiles;
  options: DockerfileOptions | undefined;
  image: ImageOptions;
  settings: FactorySettings;
  note(text: string): void;
  signal: AbortSignal;
}

/** Call it under the app's lock. */
export async function planContext(job: PlanJob): Promise<ContextPlan> {
  const { layout } = job.archive;
  return layout.kind === 'scripts' ? planScripts(job) : planDockerfile(job, layout.dockerfile);
}

async function planScripts(job: PlanJob): Promise<ContextPlan> {
  const { app, archive, file, settings, builder, noCache, cacheId, secretFiles, image } = job;
  const { reproducible } = image;
  const { baseImage, cacheLimit, spool } = settings;
  const { dependencies } = archive;
  const { tars, needed, fill } = await planContextFiles(file, archive, spool, app, reproducible);
  const buildKit = builder !== 'classic';
  const given = { secrets: [...secretFiles.files.keys()], ssh: secretFiles.sshKey !== undefined };
  return {
    needed: needed + 2 * (dependencies?.bytes ?? 0),
    async fill(context) {
      const deps = dependencies === undefined ? undefined : await extractDependencies(file, dependencies, context);
      await fill(context);
      const caches = { noCache, cacheId, cacheLimit, namesPlatforms: image.platforms.length > 0 };
      const recipe = { ...archive, ...given, ...caches, baseImage, app, deps, tars, buildKit, reproducible };
      await writeFile(join(context, 'Dockerfile'), dockerfile(recipe));
      await writeFile(join(context, KEEP_PACKAGES.name), KEEP_PACKAGES.content);
      return undefined;
    },
  };
}

/** As npm packs files: it is the same for all commits, and no time that ZIP cannot tell. */
const DEPENDENCY_TIME = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/** Returns the name of the tar, which is of its content: BuildKit takes a file of the same name and time for the same. */
async function extractDependencies(archive: string, dependencies: Dependencies, context: string): Promise<string> {
  const file = join(context, 'deps.tar');
  const source = await open(archive);
  try {
    await extractParts(source, [dependencies], DEPENDENCY_TIME, file);
  } finally {
    await source.close();
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const name = `deps-${hash.digest('hex')}.tar`;
  await rename(file, join(context, name));
  return name;
}

/**
 * A Dockerfile may copy any file of its app, so the context is the app itself. (As a tar on standard input, BuildKit
 * would ignore .dockerignore.)
 */
function planDockerfile(job: PlanJob, dockerfile: string): ContextPlan {
  const { app, archive, file, builder, cacheId, options, signal } = job;
  const buildKit = builder !== 'classic';
  const buildArgs = [
    ...(options?.buildArgs ?? []),
    `DOSKARA_APP=${app}`,
    `DOSKARA_COMMIT=${archive.commit ?? ''}`,
    // cache mounts of other apps have other names
    ...(buildKit ? [`BUILDKIT_CACHE_MOUNT_NS=${cacheOwner(app, cacheId)}`] : []),
  ];
  return {
    needed: 3 * archive.unpacked, // docker's copy, the image, and the archive until it is unpacked
    async fill(context) {
      await unpackArchive(file, context, signal);
      await rm(file);
      const original = join(context, dockerfile);
      await checkSizes(original, dockerfile);
      const path = buildKit ? await withBuiltInFrontend(original, job) : original;
      return { file: path, target: options?.target, buildArgs };
    },
  };
}

const MAX_DOCKERFILE_BYTES = 1024 ** 2;

/** We read it, and so do docker and BuildKit: into memory. */
async function checkSizes(original: string, dockerfile: string): Promise<void> {
  for (const end of ['', '.dockerignore']) {
    const { size } = await stat(original + end).catch(() => ({ size: 0 }));
    if (size > MAX_DOCKERFILE_BYTES) throw dockerfileTooLarge(dockerfile + end, MAX_DOCKERFILE_BYTES);
  }
}

/** The Dockerfile, or a copy of it outside the context that runs no frontend of the app's choice. */
async function withBuiltInFrontend(original: string, { scratch, settings, note }: PlanJob): Promise<string> {
  const { text, ignored } = withoutSyntax(await readFile(original, 'latin1')) ?? {};
  if (settings.syntax || text === undefined || ignored === undefined) return original;
  note(messages.syntaxIgnored(ignored));
  const folder = join(scratch, 'dockerfile');
  const copy = join(folder, basename(original));
  await mkdir(folder);
  await writeFile(copy, text, 'latin1');
  // BuildKit looks for its own ignore file beside it
  const ignore = await readFile(`${original}.dockerignore`).catch(() => undefined);
  if (ignore !== undefined) await writeFile(`${copy}.dockerignore`, ignore);
  return copy;
}
