/** What a page of the manual is made of: the little of Markdown that terminals and man pages show well. */
export type Block =
  | { kind: 'heading' | 'paragraph'; text: string }
  | { kind: 'item'; marker: string; text: string }
  | { kind: 'code'; lines: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] };

export interface Span {
  text: string;
  isStrong: boolean;
  isCode: boolean;
}

/** Reads a page; comments, which mark transcripts and tables, are left out. */
export function parseMarkdown(page: string): Block[] {
  return [...page.replace(/^<!--.*-->\n/gm, '').matchAll(BLOCK)].map(({ groups = {} }) => blockOf(groups));
}

/** In this order: a fence, a table, a heading, an item of a list, and a paragraph up to any of these. */
const BLOCK =
  /^```.*\n(?<code>[\s\S]*?)^```$|(?<table>(?:^\|.*\n)+)|^#+ (?<heading>.*)|^(?<marker>-|\d+\.) (?<item>.*(?:\n {2,}\S.*)*)|^(?<paragraph>\S.*(?:\n(?!```|[|#]|- |\d+\. ).+)*)/gm;

function blockOf({ code, table, heading, marker = '', item, paragraph = '' }: Record<string, string>): Block {
  if (code !== undefined) return { kind: 'code', lines: code.split('\n').slice(0, -1) };
  if (table !== undefined) return tableOf(table.trimEnd().split('\n').map(cellsOf));
  if (heading !== undefined) return { kind: 'heading', text: heading };
  if (item !== undefined) return { kind: 'item', marker, text: joined(item) };
  return { kind: 'paragraph', text: joined(paragraph) };
}

/** The second row is dashes. */
function tableOf([head = [], , ...rows]: string[][]): Block {
  return { kind: 'table', head, rows };
}

function cellsOf(row: string): string[] {
  const cells = row.slice(1, -1).split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** The blocks below a heading, up to the next one; without a heading, those of the page's beginning. */
export function sectionOf(page: string, heading?: string): Block[] {
  const [, ...blocks] = parseMarkdown(page);
  const start = heading === undefined ? 0 : blocks.findIndex((block) => isHeading(block) && block.text === heading) + 1;
  if (heading !== undefined && start === 0) throw new Error(`the page has no heading ${heading}`);
  const end = blocks.findIndex((block, i) => i >= start && isHeading(block));
  return blocks.slice(start, end === -1 ? undefined : end);
}

const isHeading = (block: Block): block is Block & { kind: 'heading' } => block.kind === 'heading';

/** The topics that a page refers to. */
export function topicsIn(page: string): string[] {
  return [...new Set([...page.matchAll(/doskara help ([a-z-]+)/g)].map(([, topic = '']) => topic))];
}

const joined = (lines: string) => lines.replace(/\s*\n\s*/g, ' ');

/** A text in pieces. Of a link the text is shown: pages link to pages, and name what they link to. */
export function parseSpans(text: string): Span[] {
  const pieces = text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  return pieces.filter(Boolean).map((piece) => {
    const isCode = piece.startsWith('`');
    const isStrong = piece.startsWith('**');
    return { text: isCode ? piece.slice(1, -1) : isStrong ? piece.slice(2, -2) : piece, isCode, isStrong };
  });
}
