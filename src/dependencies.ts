/** What deps.sh needs: the words of its `# needs: …` lines, read and matched alike by port and factory. */

export interface Need {
  word: string;
  segments: readonly Segment[];
}

/** One name in a path, split at its `*`; or `**`, which matches any number of folders. */
type Segment = readonly string[] | '**';

export type Needs = { needs: Need[] } | { problem: NeedProblem };

export type NeedProblem = { kind: 'wrong-path'; word: string } | { kind: 'too-many'; limit: number };

const MAX_NEEDS = 50;
const MAX_WORD_LENGTH = 255;
/** With one `**` in a word, this bounds how long matching can take. */
const MAX_SEGMENTS = 16;

/** `script`: the text of deps.sh. */
export function parseNeeds(script: string): Needs {
  const lines = [...script.matchAll(/^#[ \t]*needs:(.*)$/gm)].map(([, words = '']) => words);
  const words = [...new Set(lines.flatMap((line) => line.split(/[ \t\r]+/)).filter((word) => word !== ''))];
  if (words.length > MAX_NEEDS) return { problem: { kind: 'too-many', limit: MAX_NEEDS } };
  const wrong = words.find((word) => word.length > MAX_WORD_LENGTH || areWrong(segmentsOf(word)));
  if (wrong !== undefined) return { problem: { kind: 'wrong-path', word: wrong } };
  const segments = (word: string) => segmentsOf(word).map((name) => (name === '**' ? name : name.split('*')));
  return { needs: words.map((word) => ({ word, segments: segments(word) })) };
}

/** `a/` is a folder. */
const segmentsOf = (word: string) => word.replace(/\/$/, '').split('/');

function areWrong(segments: readonly string[]): boolean {
  const isOften = segments.indexOf('**') !== segments.lastIndexOf('**');
  return isOften || segments.length > MAX_SEGMENTS || segments.some(isWrong);
}

/** The first segment of an absolute path is empty. `**` is a segment of its own. */
function isWrong(segment: string): boolean {
  return /^\.{0,2}$/.test(segment) || (segment !== '**' && segment.includes('**')) || /[\p{Cc}\\]/u.test(segment);
}

/** Whether a word names a file, or a folder that the file is in. `path`: its segments. */
export function isNeeded({ segments }: Need, path: readonly string[]): boolean {
  const wild = segments.indexOf('**');
  if (wild === -1) return isAt(segments, path, 0);
  const rest = segments.slice(wild + 1);
  if (!isAt(segments.slice(0, wild), path, 0)) return false;
  for (let at = wild; at + rest.length <= path.length; at++) if (isAt(rest, path, at)) return true;
  return false;
}

function isAt(segments: readonly Segment[], path: readonly string[], at: number): boolean {
  return segments.every((segment, i) => segment !== '**' && matches(segment, path[at + i]));
}

function matches([first = '', ...more]: readonly string[], name: string | undefined): boolean {
  const last = more.pop();
  if (name === undefined || last === undefined) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of more) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
