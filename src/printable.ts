// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what this file is about

const COLOR = /\x1b\[[0-9;:]*m/g;
/** CSI, OSC (and DCS, SOS, PM, APC) sequences, other escapes; see ECMA-48 and https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?/g;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const RESET = '\x1b[0m';

/**
 * Makes a line of untrusted output safe for a terminal: keeps colors (and resets them at the end), removes everything
 * else that moves the cursor, sets titles or reorders text.
 */
export function printable(line: string, colors = true): string {
  const text = line.replace(SEQUENCE, (sequence) => (colors && isColor(sequence) ? sequence : ''));
  const clean = colors ? keepColors(text) : text.replace(CONTROL, '');
  return clean.includes('\x1b[') ? clean + RESET : clean;
}

function isColor(sequence: string): boolean {
  return sequence.startsWith('\x1b[') && sequence.endsWith('m') && /^\x1b\[[0-9;:]*m$/.test(sequence);
}

function keepColors(text: string): string {
  const colors = text.match(COLOR) ?? [];
  return text
    .split(COLOR)
    .map((part, i) => part.replace(CONTROL, '') + (colors[i] ?? ''))
    .join('');
}

/** A name (file, ref, subject) for a message, with control characters and invalid UTF-8 escaped. */
export function escaped(name: string): string {
  return name.replace(
    /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
