import { blameless, Trouble } from '../errors.ts';
import { bugLines, troubleLines } from '../port/messages/text.ts';
import { makeOutput, type Output } from '../port/output.ts';
import { pusherSsh } from '../port/pusher-address.ts';
import { asTrouble } from '../port/system-errors.ts';
import { printable } from '../printable.ts';
import { hintForPusher } from '../pusher-hint.ts';
import type { HookInput } from './hook-input.ts';

/** The pusher's terminal. `format` prepares a line for it, as the repository's settings want once they are known. */
export function makeHookOutput({ out, env }: HookInput, format: (line: string) => string = printable): Output {
  return makeOutput(out, format, (hint) => hintForPusher(hint, pusherSsh(env)));
}

/** Tells the pusher what kept a hook from its work. */
export function showFailure(thrown: unknown, { folder }: HookInput, output: Output): void {
  const error = blameless(asTrouble(thrown, folder));
  const lines = error instanceof Trouble ? troubleLines(error, output.typed) : bugLines(error);
  for (const text of lines) output.show({ text, end: '\n' });
}
