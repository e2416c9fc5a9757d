import { chooseDress } from '../port/dress.ts';
import type { PortSettings } from '../port/settings.ts';
import { makeTerminal, type Terminal } from '../port/terminal.ts';
import * as words from '../port/words.ts';

/** The admin's own terminal, as somewhere for a build to speak to. */
export async function terminalOf(color: PortSettings['color']): Promise<Terminal> {
  return makeTerminal(process.stdout, await chooseDress(color, isColourful()));
}

/** https://no-color.org and chalk's FORCE_COLOR. */
function isColourful(): boolean {
  return process.stdout.isTTY ? process.stdout.hasColors() : (process.env['FORCE_COLOR'] ?? '0') !== '0';
}

/** An admin's Ctrl-C ends the build, unlike a pusher's. */
export function signalOfEnd(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => ending.abort(words.terminated()));
  return ending.signal;
}
