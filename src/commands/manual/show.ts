import { stripVTControlCharacters } from 'node:util';
import { type Block, parseMarkdown, parseSpans } from './markdown.ts';

/** How wide a page is where nothing says how wide the terminal is, and how wide it is at most. */
export const WIDTH = 80;
const MOST = 100;

/** A page of the manual as lines for a terminal; `bold` only where there is one. */
export function showPage(page: string, columns: number, isTerminal: boolean): string[] {
  const show = { width: Math.min(columns, MOST), bold: isTerminal ? bold : undefined };
  const blocks = parseMarkdown(page);
  return blocks.flatMap((block, i) => [...(isApart(block, blocks[i - 1]) ? [''] : []), ...showBlock(block, show)]);
}

interface Show {
  width: number;
  bold: ((text: string) => string) | undefined;
}

const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;

/** Items of one list stand close together. */
const isApart = (block: Block, before: Block | undefined) =>
  before !== undefined && !(block.kind === 'item' && before.kind === 'item');

function showBlock(block: Block, show: Show): string[] {
  switch (block.kind) {
    case 'heading':
      return [show.bold?.(block.text) ?? block.text.toUpperCase()];
    case 'paragraph':
      return wrap(block.text, show);
    case 'item': {
      const margin = block.marker.length + 1;
      const lines = wrap(block.text, { ...show, width: show.width - margin });
      return lines.map((line, i) => (i === 0 ? `${block.marker} ` : ' '.repeat(margin)) + line);
    }
    case 'code':
      return block.lines.map((line) => `    ${line}`.trimEnd());
    case 'table':
      return showTable(block.head, block.rows, show);
  }
}

const GAP = '  ';

/** Columns side by side, their cells wrapped; the widest give way until all fit. */
export function showTable(head: string[], rows: string[][], show: Show): string[] {
  const natural = { ...show, width: Number.POSITIVE_INFINITY };
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => lengthOf(wrap(row[column] ?? '', natural)[0] ?? ''))),
  );
  const room = show.width - GAP.length * (head.length - 1);
  while (widths.reduce((sum, each) => sum + each, 0) > room) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  const titles = head.map((title) => title.toUpperCase());
  return [titles, ...rows].flatMap((row) => showRow(row, widths, show));
}

function showRow(row: string[], widths: number[], show: Show): string[] {
  const cells = row.map((cell, column) => wrap(cell, { ...show, width: widths[column] ?? 0 }));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, column) => pad(lines[line] ?? '', widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

const lengthOf = (shown: string) => stripVTControlCharacters(shown).length;
const pad = (shown: string, width: number) => shown + ' '.repeat(Math.max(0, width - lengthOf(shown)));

/** Lines of at most `width` columns, unless one word is wider; an empty text is one empty line. */
function wrap(text: string, { width, bold: asBold }: Show): string[] {
  const lines = [''];
  for (const word of wordsOf(text, asBold)) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (lengthOf(line) + 1 + lengthOf(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Words as they are shown; code keeps its marks where nothing is bold. */
function wordsOf(text: string, asBold: Show['bold']): string[] {
  const shown = parseSpans(text).map(({ text: args, isCode, isStrong }) => {
    if (asBold !== undefined) return isCode || isStrong ? args.replace(/\S+/g, asBold) : args;
    return isCode ? `\`${args}\`` : args;
  });
  return shown.join('').split(' ').filter(Boolean);
}
