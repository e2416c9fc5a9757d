/** Takes the values of secrets out of what a build prints. */
import { printable } from '../printable.ts';

export interface Secret {
  name: string;
  value: Buffer;
}

/** Where a secret stands in a text. */
interface Span {
  start: number;
  end: number;
  name: string;
}

export interface Redactor {
  /** Replaces each value by `[secret NAME]`, also one with color codes in it. */
  redact(text: string): string;
  /** Characters of the longest value that it looks for. */
  longest: number;
}

/** Shorter ones stand in too many words that are no secret. */
const MIN_CHARS = 6;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a color begins with
const COLORS = /(?:\x1b\[[0-9;:]*m)+/g;

/** Looks for each line of a value, since output comes in lines; as it is, and as terminals get it. */
export function makeRedactor(secrets: readonly Secret[]): Redactor {
  const names = new Map<string, string>();
  for (const { name, value } of secrets) for (const line of linesOf(value)) if (!names.has(line)) names.set(line, name);
  const byStart = Map.groupBy([...names], ([line]) => line.slice(0, MIN_CHARS));
  const firsts = new Set([...byStart.keys()].map((start) => start.charCodeAt(0)));
  const longest = Math.max(0, ...[...names.keys()].map((line) => line.length));

  /** The longest value at a place, as one may be the beginning of another. */
  const findAt = (text: string, at: number): Span | undefined => {
    if (!firsts.has(text.charCodeAt(at))) return undefined;
    const found = (byStart.get(text.slice(at, at + MIN_CHARS)) ?? []).filter(([line]) => text.startsWith(line, at));
    const [line, name] = found.toSorted(([a], [b]) => b.length - a.length)[0] ?? [];
    return line === undefined || name === undefined ? undefined : { start: at, end: at + line.length, name };
  };
  const findAll = (text: string): Span[] => {
    const spans: Span[] = [];
    for (let at = 0; at + MIN_CHARS <= text.length; at += 1) {
      const span = findAt(text, at);
      const last = spans.at(-1);
      if (span === undefined) continue;
      if (last === undefined || span.start >= last.end) spans.push(span);
      else last.end = Math.max(last.end, span.end);
    }
    return spans;
  };
  return {
    longest,
    redact(text) {
      if (longest === 0) return text;
      const colors = [...text.matchAll(COLORS)];
      const spans = findAll(colors.length === 0 ? text : text.replace(COLORS, ''));
      return spans.length === 0 ? text : replace(text, spans, placesIn(colors));
    },
  };
}

function linesOf(value: Buffer): string[] {
  const lines = value.toString('utf8').split(/\r\n|\n|\r/);
  return lines.flatMap((line) => [line, printable(line, false)].map((text) => text.trim()).filter(isLong));
}

const isLong = (line: string) => line.length >= MIN_CHARS;

type PlaceOf = (visible: number, isEnd: boolean) => number;

/** Of a character among the visible ones: where it begins, or where it ends, in the text with its colors. */
function placesIn(colors: readonly RegExpMatchArray[]): PlaceOf {
  let shift = 0;
  const shifts = colors.map(({ index = 0, 0: { length } }) => {
    shift += length;
    return { from: index - shift + length, shift };
  });
  return (visible, isEnd) =>
    visible + (shifts.findLast(({ from }) => (isEnd ? from < visible : from <= visible))?.shift ?? 0);
}

/** Spans come in order. */
function replace(text: string, spans: readonly Span[], placeOf: PlaceOf): string {
  const parts: string[] = [];
  let end = 0;
  for (const span of spans) {
    parts.push(text.slice(end, placeOf(span.start, false)), `[secret ${span.name}]`);
    end = placeOf(span.end, true);
  }
  return [...parts, text.slice(end)].join('');
}
