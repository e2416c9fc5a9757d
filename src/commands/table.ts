import { formatAgo } from '../units.ts';
import { columnsOf, cut, padded } from './columns.ts';

/** To this many columns a cell of the column `gives` is cut before others are. */
const MIN_GIVING_WIDTH = 10;
const MIN_WIDTH = 3;
const GAP = 2;
/** On a terminal of unknown height. With more rows, the titles may have scrolled off the screen. */
const ROWS_IN_SIGHT = 20;
/** Besides the rows: the titles, and the prompt. */
const OTHER_LINES = 2;

/**
 * Rows for people: aligned columns that fit the terminal's width (the column `gives` is cut first, then the widest),
 * with the titles again at the end of a table that is longer than the screen; tab-separated text in a pipe. `width`:
 * columns of the terminal; undefined in a pipe. `inSight`: how many rows it shows together with the titles.
 */
export function formatTable(
  head: string[],
  rows: string[][],
  width: number | undefined,
  gives = head.length - 1,
  inSight = process.stdout.rows ? process.stdout.rows - OTHER_LINES : ROWS_IN_SIGHT,
): string[] {
  if (width === undefined) return rows.map((row) => row.join('\t'));
  const titles = head.map((title) => title.toUpperCase());
  const all = [titles, ...rows, ...(rows.length > inSight ? [titles] : [])];
  const wanted = head.map((_, column) => Math.max(...all.map((row) => columnsOf(row[column] ?? ''))));
  const widths = narrow(wanted, width, gives);
  return all.map((row) =>
    row
      .map((cell, column) => padded(cut(cell, widths[column] ?? 0), widths[column] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function narrow(wanted: readonly number[], width: number, gives: number): number[] {
  const widths = [...wanted];
  const excess = () => widths.reduce((sum, each) => sum + each + GAP, -GAP) - width;
  const given = widths[gives] ?? 0;
  if (excess() > 0) widths[gives] = Math.min(given, Math.max(MIN_GIVING_WIDTH, given - excess()));
  while (excess() > 0 && Math.max(...widths) > MIN_WIDTH) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

const BARS = '▁▂▃▄▅▆▇█';

/** Values as a row of bars, the largest one full. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]).join('');
}

/** How long ago a build ended, or was asked for if it has not ended. */
export function agoOf({ finished, queued }: { finished: string | null; queued: string }): string {
  return formatAgo(finished ?? queued, Date.now());
}
