import type { Trouble } from '../errors.ts';
import { joinSignals } from './join.ts';

/** What ends some work: whoever has asked for it, or its time. */
export interface Limit extends Disposable {
  /** Its reason is a Trouble. */
  readonly signal: AbortSignal;
  /** From now on the work may take so many seconds; `trouble` says that it has taken longer. */
  start(seconds: number, trouble: Trouble): void;
  /** It may take no longer. */
  end(reason: unknown): void;
}

export function makeLimit(signal: AbortSignal): Limit {
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
