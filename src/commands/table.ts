/** A column that gives way when the terminal is too narrow. */
const SHORTEST = 10;

/**
 * Rows for people: aligned columns that fit the terminal's width (the column `gives` is cut), tab-separated text in a
 * pipe. `width`: columns of the terminal; undefined in a pipe.
 */
export function formatTable(
  head: string[],
  rows: string[][],
  width: number | undefined,
  gives = head.length - 1,
): string[] {
  if (width === undefined) return rows.map((row) => row.join('\t'));
  const all = [head.map((title) => title.toUpperCase()), ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const excess = widths.reduce((sum, each) => sum + each + 2, -2) - width;
  if (excess > 0) widths[gives] = Math.max(SHORTEST, (widths[gives] ?? 0) - excess);
  return all.map((row) =>
    row
      .map((cell, column) => cut(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cut(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width);
}

const BARS = '▁▂▃▄▅▆▇█';

/** Values as a row of bars, the largest one full. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]).join('');
}

/** How long ago, in one unit: "5 s", "12 min", "3 h", "9 d". */
export function ago(time: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
