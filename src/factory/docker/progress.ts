/** What docker's output means, as values: nothing here runs docker. */
import type { Builder } from './commands.ts';

/** What a line of a builder's output tells. */
export type Progress =
  /** Output of the app's own build: build.sh, and ONBUILD steps. */
  | { kind: 'output'; text: string }
  /** build.sh did not run: its result was in the cache. */
  | { kind: 'cached' }
  /** The image is built, and now goes to the warehouse. */
  | { kind: 'export' }
  /** The engine has left output out. */
  | { kind: 'clipped' }
  | undefined;

/** Reads a builder's progress line by line; undefined is docker's own chatter. */
export function makeProgressReader(builder: Builder): (line: string) => Progress {
  return builder === 'classic' ? makeClassicReader() : makeBuildKitReader();
}

/**
 * BuildKit's plain progress: `#8 0.282 text` is output, anything else is told about steps. The text may hold any
 * character but a line feed: a carriage return of a progress bar, or what Unicode calls a line separator.
 */
function makeBuildKitReader(): (line: string) => Progress {
  let step: string | undefined;
  return (line) => {
    const text = /^#\d+ \d+\.\d+ (.*)$/s.exec(line)?.[1];
    if (text !== undefined) return CLIPPED.test(text) ? { kind: 'clipped' } : { kind: 'output', text };
    step = /^(#\d+) \[[^\]]+\] RUN /.exec(line)?.[1] ?? step;
    if (step !== undefined && line === `${step} CACHED`) return { kind: 'cached' };
    return EXPORT.test(line) ? { kind: 'export' } : undefined;
  };
}

/** https://github.com/moby/buildkit/blob/master/util/progress/logs/logs.go */
const CLIPPED = /^\[output clipped, log limit [^\]]+ reached\]$/;

/** With the engine's own images the push is a step of buildx. */
const EXPORT = /^#\d+ (?:exporting to (?:image|client|oci)|pushing \S+ with docker)/;

/** Newer engines say `Removed`. Output that ends without a line feed stands in front of it. */
const CONTAINER_REMOVED = /^(.*?)(?:Removing| ---> Removed) intermediate container ([0-9a-f]{12})$/s;

/** The classic builder prints output raw, between the line that names the container and the one that removes it. */
function makeClassicReader(): (line: string) => Progress {
  let container: string | undefined;
  return (line) => {
    if (container === undefined) {
      container = /^ ---> Running in ([0-9a-f]{12})$/.exec(line)?.[1];
      return undefined;
    }
    const [, rest, removed] = CONTAINER_REMOVED.exec(line) ?? [];
    if (removed !== container) return { kind: 'output', text: line };
    container = undefined;
    return rest ? { kind: 'output', text: rest } : undefined;
  };
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

/**
 * Whether it was the push that failed: the step that BuildKit ended with an error is the export, and the export had
 * come to the push; or it is buildx's own step of a push by the engine.
 */
export function failedToPush(lines: readonly string[]): boolean {
  const step = lines.map((line) => /^(#\d+) ERROR: /.exec(line)?.[1]).findLast(Boolean);
  if (step === undefined) return false;
  return lines.some((line) => line.startsWith(`${step} pushing `));
}

/** Whether a registry may take later what it did not take now: not so where it said no. */
export function isWorthRetrying(reason: string): boolean {
  if (/denied|unauthorized|authentication|forbidden|name (?:unknown|invalid)|\b40[134]\b/i.test(reason)) return false;
  return /blob unknown|refused|reset|timeout|timed out|EOF|broken pipe|no route|unreachable|temporar|\b5\d\d\b/i.test(
    reason,
  );
}

/** Whether the warehouse does not know the media types of layers compressed with zstd. */
export function isMediaTypeRefused(reason: string): boolean {
  return /manifest[ _]invalid|unsupported media type|mediatype|media type|\b415\b/i.test(reason);
}

/** The digest that the registry now has, from what `docker push` prints last. */
export function pushedDigest(lines: readonly string[]): string | undefined {
  return lines.map((line) => /^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(line)?.[1]).findLast(Boolean);
}

/** The digest in the file that `--metadata-file` names. */
export function builtDigest(metadata: string): string | undefined {
  const digest = (parse(metadata) as { 'containerimage.digest'?: unknown } | undefined)?.['containerimage.digest'];
  return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

/** Bytes of an image as the warehouse keeps it: its configuration and its layers, by its manifest. */
export function manifestBytes(manifest: string): number | undefined {
  const { config, layers } = (parse(manifest) ?? {}) as { config?: Blob; layers?: Blob[] };
  if (!Array.isArray(layers)) return undefined;
  const sizes = [config, ...layers].map((blob) => Number(blob?.size));
  return sizes.every((size) => Number.isSafeInteger(size) && size >= 0)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
}

interface Blob {
  size?: unknown;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) ?? undefined;
  } catch {
    return undefined;
  }
}
