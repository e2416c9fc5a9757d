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
