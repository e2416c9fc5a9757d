/** How long a terminal stays silent before it is told that the build goes on. */
export const STILL_RUNNING_INTERVAL_MS = 30_000;

export interface Silence extends Disposable {
  /** Call it when a line was shown. */
  breaks(): void;
}

/** Calls `say` after every STILL_RUNNING_INTERVAL_MS without a line. */
export function watchSilence(say: () => void): Silence {
  const timer = setInterval(say, STILL_RUNNING_INTERVAL_MS).unref();
  return {
    breaks() {
      timer.refresh();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
