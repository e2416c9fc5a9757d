import { chooseColors } from '../port/colors.ts';
import { makeOutput, type Output } from '../port/output.ts';
import type { PortSettings } from '../port/settings.ts';
import type { Session } from './spec.ts';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Columns of a terminal that does not say how wide it is, such as one without a pty over ssh. */
export const DEFAULT_WIDTH = 80;

/** Columns; undefined in a pipe. A terminal that nobody has given a size has none. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || DEFAULT_WIDTH : undefined;
}

/** Standard output, for a build to write to. */
export async function outputOf(color: PortSettings['color'], typed?: Session['typed']): Promise<Output> {
  return makeOutput(process.stdout, await colorsOf(color), typed);
}

/** Colors a line for standard output, or leaves it as it is. */
export async function colorsOf(color: PortSettings['color']): Promise<(line: string) => string> {
  return chooseColors(color, hasColors());
}

/** https://no-color.org and chalk's FORCE_COLOR. */
function hasColors(): boolean {
  return process.stdout.isTTY ? process.stdout.hasColors() : (process.env['FORCE_COLOR'] ?? '0') !== '0';
}
