import { formatHint, type Hint, isForAdmin, TELL_ADMIN, Trouble, withHint } from './errors.ts';

/** The commands that pushers may type over ssh. */
export const PUSHER_VERBS: readonly string[] = [
  'builds',
  'cancel',
  'help',
  'list',
  'logs',
  'replay',
  'rollback',
  'status',
  'wait',
];

/** A hint as a pusher reads it, without commands that only an admin can run. `ssh`: what is typed before a command. */
export function hintForPusher(hint: Hint, ssh: string): string {
  if (isForAdmin(hint)) return hint.forPusher;
  if (typeof hint !== 'string' && hint.some((part) => typeof part !== 'string' && !PUSHER_VERBS.includes(part.verb)))
    return TELL_ADMIN;
  return formatHint(hint, ({ verb, args }) => [ssh, verb, ...args].join(' '));
}

/** An error with its hint as a pusher reads it; what is no Trouble stays as it is. */
export function explainToPusher(error: unknown, ssh: string): unknown {
  if (!(error instanceof Trouble) || error.hint === undefined) return error;
  return withHint(error, hintForPusher(error.hint, ssh));
}
