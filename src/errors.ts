import { EXIT, type ExitCode } from './exit-codes.ts';

/** A command of `doskara`. Pushers type the same words after `ssh git@port`. */
export interface Command {
  verb: string;
  args: readonly string[];
}

/** What to do next. */
export type Hint = Words | AdminHint;

/** Text and commands. */
export type Words = string | readonly (string | Command)[];

/** What only an admin can do, and what a pusher reads instead. */
export interface AdminHint {
  forAdmin: Words;
  forPusher: string;
}

export const command = (verb: string, ...args: string[]): Command => ({ verb, args });

export const TELL_ADMIN = 'tell an admin';
export const forAdmin = (words: Words, forPusher = TELL_ADMIN): AdminHint => ({ forAdmin: words, forPusher });
export const isForAdmin = (hint: Hint): hint is AdminHint => typeof hint === 'object' && 'forAdmin' in hint;

/** As an admin reads it; `asTyped` formats a command, by default as one types it on port. */
export function formatHint(hint: Hint, asTyped: (command: Command) => string = onPort): string {
  const words = isForAdmin(hint) ? hint.forAdmin : hint;
  if (typeof words === 'string') return words;
  return words.map((part) => (typeof part === 'string' ? part : asTyped(part))).join('');
}

export const onPort = ({ verb, args }: Command): string => ['doskara', verb, ...args].join(' ');

/**
 * An expected error: what happened to which thing, in one line, and what to type next.
 * Anything else that is thrown is a bug of ours (exit code 70).
 */
export class Trouble extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: Hint | undefined;

  constructor(code: string, exitCode: ExitCode, message: string, more: { hint?: Hint; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.name = 'Trouble';
    this.code = code;
    this.exitCode = exitCode;
    this.hint = more.hint;
  }
}

/** The same trouble with another hint. */
export const withHint = (trouble: Trouble, hint: Hint) =>
  new Trouble(trouble.code, trouble.exitCode, trouble.message, { hint, cause: trouble });

/** What stopped a build or a push. If port, the factory or the warehouse did, it says that the app is not at fault. */
export function blameless<T>(thrown: T): T | Trouble {
  if (!(thrown instanceof Trouble)) return thrown;
  const { code, exitCode, message, hint } = thrown;
  const isOurs = exitCode === EXIT.factory || exitCode === EXIT.warehouse;
  if (!isOurs || NOBODYS_FAULT.includes(code)) return thrown;
  return new Trouble(code, exitCode, `${message}; this is not your app's fault`, {
    ...(hint === undefined ? {} : { hint }),
    cause: thrown,
  });
}

/** Another build of the app came first, or took too long. */
const NOBODYS_FAULT = ['overtaken', 'no-turn'];
