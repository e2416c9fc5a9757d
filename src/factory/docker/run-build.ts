import { CACHE_TAG } from '../../image-tag.ts';
import type { OutputLine } from '../../lines.ts';
import type { BuildGroup } from '../cgroups.ts';
import { openRunCheckFilter } from '../image/run-check.ts';
import * as messages from '../messages/docker.ts';
import { basePlatformWarning, wrongBasePlatform } from '../messages/image-options.ts';
import type { Redactor } from '../redact.ts';
import type { FactorySettings } from '../settings.ts';
import type { BuildOrder } from './build-order.ts';
import type { Builder, ProgressFormat } from './builders.ts';
import * as commands from './commands.ts';
import type { DockerFacts } from './facts.ts';
import { limitOutput } from './output-limit.ts';
import { makeClassicReader, makePlainReader } from './plain-progress.ts';
import { type ExplainedFailure, makeClipDetector, type Progress, type ProgressReader } from './progress.ts';
import { makeRawReader } from './raw-progress.ts';
import { stream } from './run.ts';
import { isDeps, isLast, isRun, platformOf } from './steps.ts';
import { watchBuilder } from './watch-builder.ts';

/** What is to be built, and where buildx may leave the digest. */
export interface PublishOrder extends Omit<BuildOrder, 'cgroup'> {
  app: string;
  /** One of the settings' builders; empty: the engine's own. */
  builderName: string;
  /** Whether the app asks for its base image; else it is the factory's own. */
  ownBase: boolean;
  /** The cgroup of the app's builds; undefined: they have no limits of their own. */
  group: BuildGroup | undefined;
  metadataFile: string;
  /** How long the image must run before it is pushed; undefined: it is not started. */
  checkSeconds: number | undefined;
  /** Takes the values of its secrets out of its output. */
  redactor: Redactor;
}

/** Who hears of a build as it goes on. */
export interface BuildListener {
  /** Output of the app's build, line by line, and the states of a line that is going to be overwritten. */
  buildOutput(text: string, end?: OutputLine['end']): void;
  heading(text: string): void;
  warning(text: string): void;
  /** Waits while whoever hears it is far behind. */
  keepUp(): Promise<void>;
}

export interface PublishListener extends BuildListener {
  /** Once, when the image is built and is going to be pushed; what it returns is awaited before the end. */
  pushing(): Promise<void>;
  /** Once, when the warehouse has the image under its first reference; the others may follow. */
  pushed(digest: string): void;
}

/** `cached` hears, once, that nothing ran, since nothing has changed. */
export type Listener = PublishListener & { cached(): void };

export interface Line extends DockerFacts {
  settings: FactorySettings;
  signal: AbortSignal;
}

/**
 * Runs a build on a builder and tells of it as it goes on; resolves with why it failed, if it did. Rejects with exit code
 * 4 if the builder falls silent.
 */
export async function runBuild(
  line: Line,
  command: readonly string[],
  {
    dockerfile,
    builderName,
    imageOptions,
    redactor,
  }: Pick<PublishOrder, 'dockerfile' | 'builderName' | 'imageOptions' | 'redactor'>,
  listener: Listener,
): Promise<ExplainedFailure | undefined> {
  const { builder, progress } = line;
  const { buildOutput, cached, pushing, pushed, warning, keepUp } = listener;
  const reader = openReader(builder, progress, redactor);
  const filter = openRunCheckFilter(({ text, end }) => buildOutput(text, end));
  const isClip = makeClipDetector();
  const steps = dockerfile === undefined ? watchScripts(listener) : watchOwn(listener);
  let clipped = false;
  const tell = (progress: Progress) => {
    steps.note(progress);
    if (progress.kind === 'output' || progress.kind === 'clipped') {
      limit.count(progress.text.length + 1);
      filter.output(progress);
    }
    if (isClip(progress)) clipped = true;
    if (progress.kind === 'base-platform') noteBasePlatform(progress.text);
    if (progress.kind === 'pushed') pushed(progress.digest);
    if (progress.kind !== 'export') return;
    if (steps.areCached()) cached();
    pushing().catch(() => {}); // awaited below
  };
  const noteBasePlatform = (text: string) => {
    const reason = basePlatformWarning(text);
    // of an app that doesn't say for what it is built, it may be meant
    if (imageOptions.platforms.length === 0) warning(reason);
    else watch.abort(wrongBasePlatform(reason, dockerfile !== undefined));
  };
  const env = commands.buildEnvironment(builder, imageOptions);
  using watch = watchBuilder(line, builderName);
  using limit = limitOutput(watch.signal);
  const onLine = (text: string) => {
    watch.heard();
    reader.read(text).forEach(tell);
  };
  const failed = await stream(command, { env, signal: limit.signal, onLine, keepUp });
  reader.end().forEach(tell);
  const failure = failed ? reader.failure() : undefined;
  const problem = filter.end(dockerfile === undefined ? failure?.status : undefined);
  if (clipped) warning(messages.outputClipped());
  if (failure?.status === undefined && dockerfile !== undefined)
    for (const line of failure?.excerpt ?? []) buildOutput(line);
  if (failure !== undefined) return { ...failure, problem };
  await pushing();
  return undefined;
}

/** Tells of the steps of a build what people want to know. */
interface StepWatch {
  note(progress: Progress): void;
  /** Whether nothing had to run. */
  areCached(): boolean;
}

/** Of our Dockerfile, whose last step runs build.sh, and one before it deps.sh. */
function watchScripts({ buildOutput, heading }: Listener): StepWatch {
  let isDepsCached = false;
  let isCached = false;
  let hasRun = false;
  return {
    note(progress) {
      if (!('name' in progress) || !isRun(progress.name)) return;
      if (progress.kind === 'cached') {
        if (isDeps(progress.name)) isDepsCached = true;
        if (isLast(progress.name)) isCached = true;
        return;
      }
      hasRun = true;
      if (isDepsCached) buildOutput(messages.depsCached());
      isDepsCached = false;
      const platform = platformOf(progress.name);
      if (platform !== undefined) heading(messages.ofPlatform(platform, isDeps(progress.name)));
    },
    areCached: () => isCached && !hasRun,
  };
}

/** Of an app's own. */
function watchOwn({ heading }: Listener): StepWatch {
  let isCached = false;
  let hasRun = false;
  return {
    note(progress) {
      if (progress.kind === 'cached') isCached = true;
      if (progress.kind !== 'step') return;
      hasRun = true;
      if (isRun(progress.name)) heading(messages.step(progress.name));
    },
    areCached: () => isCached && !hasRun,
  };
}

function openReader(builder: Builder, progress: ProgressFormat, redactor: Redactor): ProgressReader {
  if (builder === 'classic') return makeClassicReader();
  return builder === 'buildx' && progress === 'rawjson' ? makeRawReader(redactor) : makePlainReader();
}

/** Where builders find the layers that others made of the app. One builder alone has them itself. */
export function cacheOf({ settings }: Line, { image }: PublishOrder): string | undefined {
  return settings.builders.length < 2 ? undefined : `${image.name}:${CACHE_TAG}`;
}
