import type { Trouble } from '../errors.ts';

/** What ends some work: whoever has asked for it, or its time. */
export interface Deadline extends Disposable {
  /** Its reason is a Trouble. */
  readonly signal: AbortSignal;
  /** From now on the work may take so many seconds; `trouble` says that it has taken longer. */
  start(seconds: number, trouble: Trouble): void;
  /** It may take no longer. */
  end(reason: unknown): void;
}

export function openDeadline(signal: AbortSignal): Deadline {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: joinSignals(signal, over.signal),
    start(seconds, trouble) {
      clearTimeout(timer);
      timer = setTimeout(() => over.abort(trouble), seconds * 1000);
    },
    end: (reason) => over.abort(reason),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/**
 * Aborts as soon as one of the signals does, with its reason. AbortSignal.any holds its sources weakly, so that a build
 * would hang on what the garbage collector makes of chains of them.
 */
export function joinSignals(...signals: readonly AbortSignal[]): AbortSignal {
  const joined = new AbortController();
  for (const signal of signals) {
    const pass = () => joined.abort(signal.reason);
    if (signal.aborted) pass();
    signal.addEventListener('abort', pass, { once: true });
  }
  return joined.signal;
}
