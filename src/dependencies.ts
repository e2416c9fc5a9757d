/** What deps.sh needs: the words of its `# needs: …` lines, read and matched alike by port and factory. */

/** A path, as its segments; each may have `*`, and `**` stands for any number of them. */
export interface Need {
  word: string;
  segments: readonly string[];
}

export type Needs = { needs: Need[] } | { problem: NeedProblem };

export type NeedProblem = { kind: 'wrong-path'; word: string } | { kind: 'too-many'; limit: number };

const MAX_NEEDS = 50;
const MAX_WORD_LENGTH = 255;

/** `script`: the text of deps.sh. */
export function parseNeeds(script: string): Needs {
  const lines = [...script.matchAll(/^#[ \t]*needs:(.*)$/gm)].map(([, words = '']) => words);
  const words = [...new Set(lines.flatMap((line) => line.split(/[ \t\r]+/)).filter((word) => word !== ''))];
  if (words.length > MAX_NEEDS) return { problem: { kind: 'too-many', limit: MAX_NEEDS } };
  const needs = words.map((word) => ({ word, segments: word.replace(/\/$/, '').split('/') }));
  const wrong = needs.find(({ word, segments }) => word.length > MAX_WORD_LENGTH || segments.some(isWrong));
  return wrong === undefined ? { needs } : { problem: { kind: 'wrong-path', word: wrong.word } };
}

/** Absolute paths have an empty segment. `**` stands for whole segments only. */
function isWrong(segment: string): boolean {
  return /^\.{0,2}$/.test(segment) || (segment !== '**' && segment.includes('**')) || /[\p{Cc}\\]/u.test(segment);
}

/** Whether a word names a file, or a folder that the file is in. */
export function isNeeded({ segments }: Need, path: string): boolean {
  return matchesStart(segments, path.split('/'));
}

/** Of several `**`, only the last can matter when a segment does not match: the earlier ones have taken the least. */
function matchesStart(pattern: readonly string[], path: readonly string[]): boolean {
  let at = 0;
  let retry: { pattern: number; path: number } | undefined;
  for (let i = 0; i < pattern.length; ) {
    const segment = pattern[i] ?? '';
    if (segment === '**') retry = { pattern: ++i, path: at };
    else if (at < path.length && matches(segment, path[at] ?? '')) [i, at] = [i + 1, at + 1];
    else if (retry !== undefined && retry.path < path.length) [i, at] = [retry.pattern, ++retry.path];
    else return false;
  }
  return true;
}

/** The same for `*` and characters, to the end of the name; a regular expression could take forever. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let i = 0;
  let retry: { pattern: number; name: number } | undefined;
  while (at < name.length || i < pattern.length) {
    if (pattern[i] === '*') retry = { pattern: ++i, name: at };
    else if (i < pattern.length && at < name.length && pattern[i] === name[at]) [i, at] = [i + 1, at + 1];
    else if (retry !== undefined && retry.name < name.length) [i, at] = [retry.pattern, ++retry.name];
    else return false;
  }
  return true;
}
