import type { ExitCode } from './exit-codes.ts';

/** A command of `doskara`. Pushers type the same words after `ssh git@port`. */
export interface Command {
  verb: string;
  args: readonly string[];
}

/** What to do next: text and commands. */
export type Hint = string | readonly (string | Command)[];

export const command = (verb: string, ...args: string[]): Command => ({ verb, args });

/** `asTyped` formats a command; by default as an admin types it on port. */
export function formatHint(hint: Hint, asTyped: (command: Command) => string = onPort): string {
  if (typeof hint === 'string') return hint;
  return hint.map((part) => (typeof part === 'string' ? part : asTyped(part))).join('');
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
