import * as messages from '../port/messages/build.ts';

/** An admin's Ctrl-C ends the build, unlike a pusher's. */
export function abortOnInterrupt(): AbortSignal {
  return abortOn('SIGINT', 'SIGTERM', 'SIGHUP');
}

/** A pusher's build goes on without its terminal; only `cancel` ends it. */
export function abortOnCancel(): AbortSignal {
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});
  return abortOn('SIGTERM');
}

function abortOn(...names: NodeJS.Signals[]): AbortSignal {
  const ending = new AbortController();
  for (const name of names) process.once(name, () => ending.abort(messages.terminated()));
  return ending.signal;
}

/** Aborts when nobody reads our output any more. */
export function abortOnReaderGone(): AbortSignal {
  const leaving = new AbortController();
  process.stdout.on('error', () => leaving.abort());
  return leaving.signal;
}

const SESSION_POLL_INTERVAL_MS = 250;

/** Aborts when the ssh session that we serve has ended: without a pty there is no signal. */
export function abortOnSessionEnd(): AbortSignal {
  const leaving = new AbortController();
  const session = process.ppid;
  setInterval(() => process.ppid !== session && leaving.abort(), SESSION_POLL_INTERVAL_MS).unref();
  return leaving.signal;
}
