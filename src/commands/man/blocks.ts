import type { Block } from '../manual/markdown.ts';
import { parseSpans } from '../manual/markdown.ts';
import { showTable } from '../manual/show.ts';
import { escapeRoff, item, quoted, text } from './roff.ts';

/** Text columns of a man page on a terminal 80 columns wide. */
const WIDTH = 71;

/** No hyphenation: a path or an option split in two is unreadable. */
export const WITHOUT_HYPHENS = ['.nh', '.ad l'];

/** A block of the manual as roff lines. */
export function describeBlock(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return [`.SH ${quoted(block.text.toUpperCase())}`];
    case 'paragraph':
      return ['.PP', withFonts(block.text)];
    case 'item':
      return [`.IP ${quoted(block.marker === '-' ? '*' : block.marker)} 3`, withFonts(block.text)];
    case 'code':
      return verbatim(['.PP', '.RS 4'], block.lines, '.RE');
    case 'table': {
      const rows = block.rows.map((row) => row.map((cell) => cell.replaceAll('`', '')));
      return verbatim(['.PP'], showTable(block.head, rows, { width: WIDTH, bold: undefined }));
    }
  }
}

function verbatim(before: readonly string[], lines: readonly string[], ...after: string[]): string[] {
  return [...before, '.nf', ...lines.map(text), '.fi', ...after];
}

/** Code and strong text are bold. */
function withFonts(line: string): string {
  const shown = parseSpans(line).map((span) => {
    const escaped = escapeRoff(span.text);
    return span.isCode || span.isStrong ? `\\fB${escaped}\\fR` : escaped;
  });
  return shown.join('').replace(/^(?=[.'])/, '\\&');
}

/** The same, but each row of a table is an item; of three cells, the second is a default. */
export function describeAsItems(block: Block): string[] {
  if (block.kind !== 'table') return describeBlock(block);
  return block.rows.flatMap(([term = '', ...cells]) => {
    const [before, meaning = before ?? ''] = cells;
    const given = cells.length > 1 && before !== '–' ? ` (default: ${before})` : '';
    return item(plain(term), plain(meaning + given));
  });
}

const plain = (cell: string) => cell.replaceAll('`', '');
