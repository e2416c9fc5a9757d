/** The macros of man pages: https://man7.org/linux/man-pages/man7/groff_man.7.html */

export function section(title: string, lines: string[]): string[] {
  return [`.SH ${quoted(title)}`, ...lines];
}

/** A term in bold, and its indented description. */
export function item(term: string, meaning: string): string[] {
  return ['.TP', `.B ${quoted(term)}`, text(meaning)];
}

/** A man page and its section. */
export type Reference = [name: string, section: number];

export function seeAlso(references: readonly Reference[]): string[] {
  return references.map(([name, number], i) => `.BR ${text(name)} (${number})${i < references.length - 1 ? ',' : ''}`);
}

/** A macro argument: https://man7.org/linux/man-pages/man7/groff.7.html */
export function quoted(word: string): string {
  return `"${escapeRoff(word).replaceAll('"', '\\(dq')}"`;
}

/** A line of text; an unescaped dot or quote at its start would make it a request. */
export function text(line: string): string {
  return escapeRoff(line).replace(/^(?=[.'])/, '\\&');
}

/** Escapes to ASCII, for any roff; a plain `-` would be printed as a hyphen, which does not work in a shell. */
export function escapeRoff(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replace(/[^\x20-\x7e]/gu, (c) => `\\[u${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}
