import { VERSION } from '../../version.ts';
import { type Block, parseMarkdown, parseSpans } from '../manual/markdown.ts';
import { topicOf } from '../manual/pages.ts';
import { showTable } from '../manual/show.ts';
import { escapeRoff, quoted, section, text } from './roff.ts';

/** Columns of a man page on a terminal of 80, without its margins. */
const WIDTH = 71;

/** Paths and options must not be broken across lines. */
const WITHOUT_HYPHENS = ['.nh', '.ad l'];

/** doskara-<topic>(7), as lines of roff, from the page of `doskara help <topic>`. */
export function topicPage(page: string): string[] {
  const { name, summary } = topicOf(page);
  const [, ...blocks] = parseMarkdown(page);
  return [
    `.TH ${quoted(`DOSKARA-${name.toUpperCase()}`)} 7 "" ${quoted(`Doskara ${VERSION}`)} "Doskara port"`,
    ...WITHOUT_HYPHENS,
    ...section('NAME', [text(`doskara-${name} - ${summary}`)]),
    ...(blocks[0]?.kind === 'heading' ? [] : ['.SH DESCRIPTION']),
    ...blocks.flatMap(describeBlock),
    ...section('SEE ALSO', ['.BR doskara (1)']),
  ];
}

function describeBlock(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return [`.SH ${quoted(block.text.toUpperCase())}`];
    case 'paragraph':
      return ['.PP', withFonts(block.text)];
    case 'item':
      return [`.IP ${quoted(block.marker === '-' ? '*' : block.marker)} 3`, withFonts(block.text)];
    case 'code':
      return asItStands(['.PP', '.RS 4'], block.lines, '.RE');
    case 'table': {
      const rows = block.rows.map((row) => row.map((cell) => cell.replaceAll('`', '')));
      return asItStands(['.PP'], showTable(block.head, rows, { width: WIDTH, bold: undefined }));
    }
  }
}

function asItStands(before: readonly string[], lines: readonly string[], ...after: string[]): string[] {
  return [...before, '.nf', ...lines.map(text), '.fi', ...after];
}

/** Code and strong text in bold. */
function withFonts(line: string): string {
  const shown = parseSpans(line).map((span) => {
    const escaped = escapeRoff(span.text);
    return span.isCode || span.isStrong ? `\\fB${escaped}\\fR` : escaped;
  });
  return shown.join('').replace(/^(?=[.'])/, '\\&');
}
