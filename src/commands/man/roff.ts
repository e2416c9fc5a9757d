/** What man pages are written in: https://man7.org/linux/man-pages/man7/groff_man.7.html */

export function section(title: string, lines: string[]): string[] {
  return [`.SH ${quoted(title)}`, ...lines];
}

/** A term in bold, and what it means, indented. */
export function item(term: string, meaning: string): string[] {
  return ['.TP', `.B ${quoted(term)}`, text(meaning)];
}

/** An argument of a macro: https://man7.org/linux/man-pages/man7/groff.7.html */
export function quoted(word: string): string {
  return `"${escapeRoff(word).replaceAll('"', '\\(dq')}"`;
}

/** A line of text: one that begins with a dot or a quote would be a request. */
export function text(line: string): string {
  return escapeRoff(line).replace(/^(?=[.'])/, '\\&');
}

/** Any roff reads ASCII; a plain `-` would be printed as a hyphen, which nobody can paste into a shell. */
export function escapeRoff(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replace(/[^\x20-\x7e]/gu, (c) => `\\[u${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}
