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

/**
 * Returns a function that tells which of the words name a file, or a folder that the file is in. Give it the segments of
 * one path after the other, files of a folder together: it then looks at each folder once, and not at 2,000 of them for
 * each of 200,000 files.
 */
export function openMatcher(needs: readonly Need[]): (path: readonly string[]) => readonly Need[] {
  let last: readonly string[] = [];
  /** What names the first 0, 1, 2 … segments of the last path. */
  const found: (readonly Need[])[] = [[]];
  return (path) => {
    let depth = 0;
    while (depth < path.length && path[depth] === last[depth]) depth += 1;
    found.length = depth + 1;
    for (; depth < path.length; depth++) {
      const above = found[depth] ?? [];
      const more = needs.filter((need) => !above.includes(need) && isNamed(need, path, depth + 1));
      found.push(more.length === 0 ? above : [...above, ...more]);
    }
    last = path;
    return found[path.length] ?? [];
  };
}

/** Whether a word names what the first `depth` segments of a path do. */
function isNamed({ segments }: Need, path: readonly string[], depth: number): boolean {
  const wild = segments.indexOf('**');
  if (wild === -1) return segments.length === depth && isAt(segments, path, 0);
  const rest = segments.slice(wild + 1);
  const isDeepEnough = wild + rest.length <= depth;
  return isDeepEnough && isAt(rest, path, depth - rest.length) && isAt(segments.slice(0, wild), path, 0);
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
