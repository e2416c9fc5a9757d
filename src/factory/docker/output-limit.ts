import { tooMuchOutput } from '../messages/docker.ts';

/** Ends a build that prints without end. */
export interface OutputLimit extends Disposable {
  /** Aborts with the build's own signal, or with a Trouble (exit code 1) if it has printed too much. */
  readonly signal: AbortSignal;
  /** Call it with the length of each line. */
  count(chars: number): void;
}

/**
 * The engine keeps the output of a running build in memory. It limits that of each step, to a little more (see
 * install.sh), but a Dockerfile may have a thousand.
 */
const MAX_OUTPUT_CHARS = 500 * 1024 ** 2;

export function limitOutput(signal: AbortSignal, max = MAX_OUTPUT_CHARS): OutputLimit {
  const over = new AbortController();
  const end = () => over.abort(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  let printed = 0;
  return {
    signal: over.signal,
    count(chars) {
      printed += chars;
      if (printed > max) over.abort(tooMuchOutput(max));
    },
    [Symbol.dispose]: () => signal.removeEventListener('abort', end),
  };
}
