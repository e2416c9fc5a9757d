import { Chalk } from 'chalk';

const { bold, red, yellow, cyan, green } = new Chalk({ level: 1 });

const COLOURS = [
  [/^-----> /, bold],
  [/^error: /, red],
  [/^warning: /, yellow],
  [/^hint: /, cyan],
  [/^success: /, green],
] as const;

/** Our key lines in colour; a pusher's own git colours four of these words by itself (git config color.remote). */
export function paint(line: string): string {
  const colour = COLOURS.find(([start]) => start.test(line))?.[1];
  return colour === undefined ? line : colour(line);
}
