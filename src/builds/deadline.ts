import type { Trouble } from '../errors.ts';
import { timedOut, waitedTooLong } from '../port/messages/build.ts';

/** Ends some work when its time is over, or when the caller's signal aborts. */
export interface Deadline extends Disposable {
  /** The reason of the abort is a Trouble. */
  readonly signal: AbortSignal;
  /** Aborts with `trouble` after so many seconds from now. A second call replaces the first. */
  start(seconds: number, trouble: Trouble): void;
  abort(reason: unknown): void;
}

export function openDeadline(signal: AbortSignal): Deadline {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: anySignal(signal, over.signal),
    start(seconds, trouble) {
      clearTimeout(timer);
      timer = setTimeout(() => over.abort(trouble), seconds * 1000);
    },
    abort: (reason) => over.abort(reason),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/** `timeout`: the longest a build may take, in seconds. */
export const allowBuilding = (deadline: Deadline, { timeout }: { timeout: number }) =>
  deadline.start(timeout, timedOut(timeout));

/** For other builds to end. */
const MAX_WAIT_SECONDS = 24 * 3600;

/** Waiting does not count towards the build's own time limit, but has one, too. */
export const allowWaiting = (deadline: Deadline) => deadline.start(MAX_WAIT_SECONDS, waitedTooLong(MAX_WAIT_SECONDS));

/**
 * Aborts as soon as one of the signals does, with its reason. Not AbortSignal.any: it holds its sources weakly, so a
 * chain of them may be garbage collected, never abort, and leave a build hanging.
 */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  const joined = new AbortController();
  for (const signal of signals) {
    const pass = () => joined.abort(signal.reason);
    if (signal.aborted) pass();
    signal.addEventListener('abort', pass, { once: true });
  }
  return joined.signal;
}
