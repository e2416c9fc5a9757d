/** What the runner reports to port. */
import { isBuildKit, isDigest } from './image-options.ts';
import { parseObject } from './json.ts';

/**
 * What the runner tells programs, each on a line of its own: JSON behind a fixed word. Build output can't pass for one:
 * the runner indents that. `bytes` are those of the image in the warehouse, compressed; `buildkit` is the version that
 * built it; null where they are unknown.
 */
export type RunnerEvent =
  /** The build waits for others; its time limit begins with `building`. */
  | { event: 'waiting' | 'building' }
  /** The warehouse may have the image from now on. */
  | { event: 'pushing'; image: string }
  | { event: 'pushed'; image: string; digest: string; bytes: number | null; buildkit: string | null }
  /** Instead of `pushed`: whether a build came to the same image. `layers`: those that differ, as far as is known. */
  | { event: 'verified'; image: string; digest: string; reproduced: boolean; layers: DifferingLayer[] }
  /** Why it will exit with a code other than 0; the lines for people follow. `pusherHint`: what pushers read. */
  | { event: 'failed'; code: string; message: string; hint: string | null; pusherHint: string | null }
  /** What the warehouse has as the latest; null: nothing. */
  | { event: 'latest'; image: string; digest: string | null };

const EVENT = 'doskara-event ';

export function formatEvent(event: RunnerEvent): string {
  return `${EVENT}${JSON.stringify(event)}`;
}

/** undefined: the line is no event, but something to read. Of an event that we don't know only the name is told. */
export function parseEvent(line: string): RunnerEvent | { event: 'unknown' } | undefined {
  if (!line.startsWith(EVENT)) return undefined;
  const object = parseObject(line.slice(EVENT.length));
  const { event, code, message, hint, pusherHint } = object;
  if (event === 'waiting' || event === 'building') return { event };
  if (event === 'failed' && typeof code === 'string' && typeof message === 'string')
    return { event, code, message, hint: textOrNull(hint), pusherHint: textOrNull(pusherHint) };
  return parseImageEvent(object);
}

/** A layer of one build that is not as in another one. */
export interface DifferingLayer {
  /** `os/arch`; null: the image has only one. */
  platform: string | null;
  /** From 1. */
  position: number;
  /** How many layers there are. */
  of: number;
  /** What made it, such as `RUN npm ci`. */
  step: string;
}

function parseImageEvent(fields: Record<string, unknown>): RunnerEvent | { event: 'unknown' } {
  const { event, image, digest, bytes, buildkit, reproduced, layers } = fields;
  if (typeof image !== 'string' || !IMAGE.test(image)) return { event: 'unknown' };
  if (event === 'pushing') return { event, image };
  if (event === 'latest' && digest === null) return { event, image, digest };
  if (typeof digest !== 'string' || !isDigest(digest)) return { event: 'unknown' };
  if (event === 'latest') return { event, image, digest };
  if (event === 'verified' && typeof reproduced === 'boolean' && Array.isArray(layers))
    return { event, image, digest, reproduced, layers: layers.filter(isDifferingLayer) };
  if (event !== 'pushed') return { event: 'unknown' };
  const size = Number.isSafeInteger(bytes) ? (bytes as number) : null;
  return { event, image, digest, bytes: size, buildkit: isBuildKit(buildkit) ? buildkit : null };
}

function isDifferingLayer(value: unknown): value is DifferingLayer {
  const { platform, position, of, step } = { ...(value as Partial<DifferingLayer> | null) };
  const areCounts = Number.isSafeInteger(position) && Number.isSafeInteger(of);
  return (platform === null || typeof platform === 'string') && areCounts && typeof step === 'string';
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

const IMAGE = /^[a-z0-9][a-z0-9.:/_-]*$/;
