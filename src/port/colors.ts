import { printable } from '../printable.ts';
import type { PortSettings } from './settings.ts';

/** Returns how to format a line according to `doskara.color`. `auto` colors our lines only on a terminal. */
export async function chooseColors(
  color: PortSettings['color'],
  isTerminal: boolean,
): Promise<(line: string) => string> {
  if (color === 'never') return (line) => printable(line, false);
  // git's side band does not tell what reads it: keep the build's own colors, and leave ours to the pusher's git
  if (color === 'auto' && !isTerminal) return printable;
  const colorize = await loadColors();
  return (line) => colorize(printable(line));
}

/** Colors the lines that the pusher's own git would color, and headings (`git config color.remote`). */
async function loadColors(): Promise<(line: string) => string> {
  const { Chalk } = await import('chalk'); // most pushes need no colors
  const { bold, red, yellow, cyan, green } = new Chalk({ level: 1 });
  const starts = [
    ['-----> ', bold],
    ['error: ', red],
    ['warning: ', yellow],
    ['hint: ', cyan],
    ['success: ', green],
  ] as const;
  return (line) => {
    const color = starts.find(([start]) => line.startsWith(start))?.[1];
    return color === undefined ? line : color(line);
  };
}
