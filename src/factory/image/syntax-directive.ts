/** The Dockerfile without what makes BuildKit fetch and run another frontend. */
export interface WithoutSyntax {
  text: string;
  /** What it asked for, to be shown. */
  ignored: string;
}

/**
 * Takes the `syntax` directive out of a Dockerfile (a binary string); undefined if there is none. BuildKit reads
 * directives from the comments before the first instruction, in more forms than `# syntax=`, and not the same in all
 * versions (https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/directives.go). So only `escape` and
 * `check` are left, and every version stops at the first line that is no directive. The number of lines stays. (The build
 * argument BUILDKIT_SYNTAX can't name the frontend inside before BuildKit 0.26, which would pull an image of that name.)
 */
export function withoutSyntax(dockerfile: string): WithoutSyntax | undefined {
  const text = dockerfile.replace(BYTE_ORDER_MARK, '');
  if (JSON_FILE.test(text)) return { text: `#\n${text}`, ignored: 'JSON' };
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !/^\s*(?:#|\/\/|$)/.test(line));
  const comments = end === -1 ? lines : lines.slice(0, end);
  const syntax = comments.find((line) => /^\W*syntax\W*=/i.test(line));
  if (syntax === undefined) return undefined;
  const kept = directives(comments).filter((line) => /^#\s*(?:escape|check)\s*=/i.test(line));
  const blank = Array.from({ length: comments.length - kept.length }, () => '#');
  return { text: [...kept, ...blank, ...lines.slice(comments.length)].join('\n'), ignored: syntax.trim() };
}

/** A file of JSON may name one, too, and a shebang may stand before it. */
const JSON_FILE = /^(?:#![^\n]*\n)?\s*\{/;

const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/;

/** Up to the first comment that is none; a shebang may stand before them. */
function directives(comments: readonly string[]): string[] {
  const all = comments[0]?.startsWith('#!') ? comments.slice(1) : comments;
  const end = all.findIndex((line) => !/^#\s*[a-z][a-z0-9]*\s*=\s*\S/i.test(line));
  return end === -1 ? [...all] : all.slice(0, end);
}
