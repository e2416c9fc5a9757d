import type { ExitCode } from './exit-codes.ts';

/**
 * An expected trouble: what happened to which thing, in one line, and what to type next.
 * Anything else that is thrown is a bug of ours (exit code 70).
 */
export class Trouble extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(code: string, exitCode: ExitCode, message: string, more: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.name = 'Trouble';
    this.code = code;
    this.exitCode = exitCode;
    this.hint = more.hint;
  }
}
