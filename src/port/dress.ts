import { printable } from '../printable.ts';
import type { PortSettings } from './settings.ts';

/**
 * How lines are shown, after `doskara.color`. `auto`: in colour on a terminal; through git's remote channel nobody
 * knows what is at its other end, so the build's own colours pass and ours are left to the pusher's git.
 */
export async function chooseDress(
  color: PortSettings['color'],
  isTerminal: boolean,
): Promise<(line: string) => string> {
  if (color === 'never') return (line) => printable(line, false);
  if (color === 'auto' && !isTerminal) return printable;
  const { paint } = await import('./paint.ts');
  return (line) => paint(printable(line));
}
