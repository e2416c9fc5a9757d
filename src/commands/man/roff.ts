/** The markup of man pages: https://man7.org/linux/man-pages/man7/groff_man.7.html */

export function section(title: string, lines: string[]): string[] {
  return [`.SH ${quoted(title)}`, ...lines];
}

/** A term in bold, with its meaning indented below. */
export function item(term: string, meaning: string): string[] {
  return ['.TP', `.B ${quoted(term)}`, text(meaning)];
}

/** A macro argument: https://man7.org/linux/man-pages/man7/groff.7.html */
export function quoted(word: string): string {
  return `"${escapeRoff(word).replaceAll('"', '\\(dq')}"`;
}

/** A line of text. Escaped, since roff takes a leading dot or quote for a request. */
export function text(line: string): string {
  return escapeRoff(line).replace(/^(?=[.'])/, '\\&');
}

/** Every roff reads ASCII. A plain `-` would print as a Unicode hyphen, which breaks when pasted into a shell. */
export function escapeRoff(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replace(/[^\x20-\x7e]/gu, (c) => `\\[u${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}
