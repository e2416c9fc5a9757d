import { chooseColors } from '../port/colors.ts';
import * as messages from '../port/messages.ts';
import { makeOutput, type Output } from '../port/output.ts';
import type { PortSettings } from '../port/settings.ts';

/** The admin's own terminal, as somewhere for a build to speak to. */
export async function outputOf(color: PortSettings['color']): Promise<Output> {
  return makeOutput(process.stdout, await colorsOf(color));
}

/** How lines are shown on standard output. */
export async function colorsOf(color: PortSettings['color']): Promise<(line: string) => string> {
  return chooseColors(color, isColourful());
}

/** https://no-color.org and chalk's FORCE_COLOR. */
function isColourful(): boolean {
  return process.stdout.isTTY ? process.stdout.hasColors() : (process.env['FORCE_COLOR'] ?? '0') !== '0';
}

/** An admin's Ctrl-C ends the build, unlike a pusher's. */
export function signalOfEnd(): AbortSignal {
  return abortOn('SIGINT', 'SIGTERM', 'SIGHUP');
}

/** A pusher's build goes on without its terminal: what ends it is `cancel`. */
export function signalOfCancel(): AbortSignal {
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});
  return abortOn('SIGTERM');
}

function abortOn(...names: NodeJS.Signals[]): AbortSignal {
  const ending = new AbortController();
  for (const name of names) process.once(name, () => ending.abort(messages.terminated()));
  return ending.signal;
}

/** Aborts when what we print can't be read any more. */
export function readerLeft(): AbortSignal {
  const leaving = new AbortController();
  process.stdout.on('error', () => leaving.abort());
  return leaving.signal;
}

/** Aborts when the ssh session that we serve has ended: without a pty no signal tells of it. */
export function sessionLeft(): AbortSignal {
  const leaving = new AbortController();
  const session = process.ppid;
  setInterval(() => process.ppid !== session && leaving.abort(), 250).unref();
  return leaving.signal;
}
