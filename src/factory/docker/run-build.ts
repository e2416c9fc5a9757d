import type { OutputLine } from '../../lines.ts';
import type { BuildGroup } from '../cgroups.ts';
import { openRunCheckFilter } from '../image/run-check.ts';
import * as messages from '../messages/docker.ts';
import type { FactorySettings } from '../settings.ts';
import type { Builder, ProgressFormat } from './builders.ts';
import * as commands from './commands.ts';
import type { DockerFacts } from './facts.ts';
import { makeClassicReader, makePlainReader } from './plain-progress.ts';
import { type ExplainedFailure, makeClipDetector, type Progress, type ProgressReader } from './progress.ts';
import { makeRawReader } from './raw-progress.ts';
import { stream } from './run.ts';
import { isLast, isRun } from './steps.ts';

/** What is to be built, and where buildx may leave the digest. */
export interface PublishOrder extends Omit<commands.BuildOrder, 'cgroup'> {
  app: string;
  /** The cgroup of the app's builds; undefined: they have no limits of their own. */
  group: BuildGroup | undefined;
  metadataFile: string;
  /** How long the image must run before it is pushed; undefined: it is not started. */
  checkSeconds: number | undefined;
}

/** Who hears of a build as it goes on. */
export interface PublishListener {
  /** Output of the app's build, line by line, and the states of a line that is going to be overwritten. */
  buildOutput(text: string, end?: OutputLine['end']): void;
  heading(text: string): void;
  /** Once, when the image is built and is going to be pushed; what it returns is awaited before the end. */
  pushing(): Promise<void>;
  warning(text: string): void;
}

/** `cached` hears, once, that nothing ran, since nothing has changed. */
export type Listener = PublishListener & { cached(): void };

export interface Line extends DockerFacts {
  settings: FactorySettings;
  signal: AbortSignal;
}

/** Runs a build and tells of it as it goes on; resolves with why it failed, if it did. */
export async function runBuild(
  { builder, progress, signal }: Line,
  command: readonly string[],
  { dockerfile }: Pick<PublishOrder, 'dockerfile'>,
  { buildOutput, cached, heading, pushing, warning }: Listener,
): Promise<ExplainedFailure | undefined> {
  const reader = openReader(builder, progress);
  const filter = openRunCheckFilter(({ text, end }) => buildOutput(text, end));
  const isClip = makeClipDetector();
  const caching = watchCache(dockerfile !== undefined);
  let clipped = false;
  const tell = (progress: Progress) => {
    caching.note(progress);
    if (progress.kind === 'output' || progress.kind === 'clipped') filter.output(progress);
    if (isClip(progress)) clipped = true;
    if (progress.kind === 'step' && dockerfile !== undefined && isRun(progress.name))
      heading(messages.step(progress.name));
    if (progress.kind !== 'export') return;
    if (caching.hit()) cached();
    pushing().catch(() => {}); // awaited below
  };
  const env = commands.buildEnvironment(builder);
  const failed = await stream(command, { env, signal, onLine: (line) => reader.read(line).forEach(tell) });
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

/** Whether nothing had to run: of our Dockerfile, build.sh, which is its last step; of an app's own, any step. */
function watchCache(isOwn: boolean) {
  let isCached = false;
  let hasRun = false;
  return {
    note(progress: Progress): void {
      if (progress.kind === 'step') hasRun ||= isOwn;
      if (progress.kind === 'cached') isCached ||= isOwn || (isRun(progress.name) && isLast(progress.name));
    },
    hit: () => isCached && !hasRun,
  };
}

function openReader(builder: Builder, progress: ProgressFormat): ProgressReader {
  if (builder === 'classic') return makeClassicReader();
  return builder === 'buildx' && progress === 'rawjson' ? makeRawReader() : makePlainReader();
}
