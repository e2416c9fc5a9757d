/** Docker's command lines and what its output means, as values: nothing here runs docker. */
import type { ImagePlan } from './image.ts';

/** Which builder the docker CLI can drive; see `detectBuilder`. */
export type Builder = 'buildkit' | 'buildx' | 'classic';

export interface BuildOrder {
  builder: Builder;
  /** A named `docker buildx` builder; empty: the engine's own. */
  builderName: string;
  /** Folder with the Dockerfile and what it adds. */
  context: string;
  image: ImagePlan;
  noCache: boolean;
}

/**
 * A CLI before 23 has BuildKit inside, behind DOCKER_BUILDKIT=1; from 23 on `docker build` is buildx, a plugin that
 * may be missing, and then only the classic builder is left (https://docs.docker.com/engine/release-notes/23.0/).
 */
export function chooseBuilder(clientVersion: string, hasBuildx: boolean): Builder {
  if (hasBuildx) return 'buildx';
  return Number.parseInt(clientVersion, 10) < 23 ? 'buildkit' : 'classic';
}

export function buildEnvironment(builder: Builder): Record<string, string> {
  return {
    DOCKER_BUILDKIT: builder === 'classic' ? '0' : '1',
    BUILDKIT_PROGRESS: 'plain',
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1', // --load can't take an image with attestations
  };
}

export function buildWords({ builder, builderName, context, image, noCache }: BuildOrder): string[] {
  return [
    ...(builder === 'buildx' ? ['buildx', 'build', '--load'] : ['build']),
    ...(builder === 'buildx' && builderName !== '' ? ['--builder', builderName] : []),
    ...(builder === 'classic' ? ['--force-rm'] : ['--progress=plain']),
    ...(noCache ? ['--no-cache'] : []),
    ...Object.entries(image.labels).map(([key, value]) => `--label=${key}=${value}`),
    ...image.references.map((reference) => `--tag=${reference}`),
    '--',
    context,
  ];
}

/** Docker's way to say that a RUN ended badly; both builders, old and new wording. */
const RUN_FAILED = /(?:exit code: |returned a non-zero code: )(\d+)/;

/** The status with which build.sh ended, when it was build.sh that made the build fail. */
export function failedStatus(lines: readonly string[]): number | undefined {
  const line = lines.findLast(
    (text) =>
      RUN_FAILED.test(text) && /^(?:#\d+ ERROR|ERROR|The command|executor failed|error:|failed to solve)/.test(text),
  );
  return line === undefined ? undefined : Number(RUN_FAILED.exec(line)?.[1]);
}

/** Whether BuildKit took build.sh's result from its cache: `#7 [4/4] RUN …`, and later `#7 CACHED`. */
export function wasCached(lines: readonly string[]): boolean {
  const step = lines.map((line) => /^(#\d+) \[[^\]]+\] RUN /.exec(line)?.[1]).findLast(Boolean);
  return step !== undefined && lines.includes(`${step} CACHED`);
}

/** Whether a registry may take later what it did not take now: not so where it said no. */
export function isWorthRetrying(reason: string): boolean {
  if (/denied|unauthorized|authentication|forbidden|name (?:unknown|invalid)|\b40[134]\b/i.test(reason)) return false;
  return /blob unknown|refused|reset|timeout|timed out|EOF|broken pipe|no route|unreachable|temporar|\b5\d\d\b/i.test(
    reason,
  );
}

/** The digest that the registry now has, from what `docker push` prints last. */
export function pushedDigest(lines: readonly string[]): string | undefined {
  return lines.map((line) => /^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(line)?.[1]).findLast(Boolean);
}

/**
 * Turns a builder's progress into what a pusher wants to see: the output of build.sh (and of ONBUILD steps), line by
 * line, without docker's own chatter. Returns undefined for a line that is chatter.
 */
export function makeBuildReader(builder: Builder): (line: string) => string | undefined {
  return builder === 'classic' ? makeClassicReader() : readBuildKitLine;
}

/** BuildKit's plain progress: `#8 0.282 text` is output, anything else is told about steps. */
function readBuildKitLine(line: string): string | undefined {
  return /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1];
}

/** Newer engines say `Removed`. Output that ends without a line feed stands in front of it. */
const CONTAINER_REMOVED = /^(.*?)(?:Removing| ---> Removed) intermediate container ([0-9a-f]{12})$/s;

/** The classic builder prints output raw, between the line that names the container and the one that removes it. */
function makeClassicReader(): (line: string) => string | undefined {
  let container: string | undefined;
  return (line) => {
    if (container === undefined) {
      container = /^ ---> Running in ([0-9a-f]{12})$/.exec(line)?.[1];
      return undefined;
    }
    const [, rest, removed] = CONTAINER_REMOVED.exec(line) ?? [];
    if (removed !== container) return line;
    container = undefined;
    return rest || undefined;
  };
}
