/** What the runner reports to port. */
import { isDigest } from './contract.ts';
import { parseObject } from './json.ts';

/**
 * What the runner tells programs, each on a line of its own: JSON behind a fixed word. Build output can't pass for one:
 * the runner indents that. `bytes` are those of the image in the warehouse, compressed; null where they are unknown.
 */
export type RunnerEvent =
  /** The build waits for others; its time limit begins with `building`. */
  | { event: 'waiting' | 'building' }
  /** The warehouse may have the image from now on. */
  | { event: 'pushing'; image: string }
  | { event: 'pushed'; image: string; digest: string; bytes: number | null }
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

function parseImageEvent({ event, image, digest, bytes }: Record<string, unknown>): RunnerEvent | { event: 'unknown' } {
  if (typeof image !== 'string' || !IMAGE.test(image)) return { event: 'unknown' };
  if (event === 'pushing') return { event, image };
  if (event === 'latest' && digest === null) return { event, image, digest };
  if ((event !== 'pushed' && event !== 'latest') || typeof digest !== 'string' || !isDigest(digest))
    return { event: 'unknown' };
  if (event === 'latest') return { event, image, digest };
  return { event, image, digest, bytes: Number.isSafeInteger(bytes) ? (bytes as number) : null };
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

const IMAGE = /^[a-z0-9][a-z0-9.:/_-]*$/;
