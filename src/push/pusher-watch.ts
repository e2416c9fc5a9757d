import type { Trouble } from '../errors.ts';
import { type ProcessId, type ProcessStat, readStat } from '../process.ts';

/** Milliseconds between two looks. */
const LOOK = 250;

/**
 * Aborts with `reason` when the pusher whom git's receive-pack serves has gone: by Ctrl-C on this machine, which reaches
 * the whole process group, or because nobody is left for receive-pack to report to.
 */
export async function watchPusher({ pid }: ProcessId, reason: Trouble): Promise<AbortSignal> {
  const leaving = new AbortController();
  const leave = () => leaving.abort(reason);
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, leave);
  const before = await readStat(pid);
  const look = async () => {
    if (before === undefined || process.ppid !== pid || hasLost(before, await readStat(pid))) leave();
  };
  await look();
  setInterval(() => void look(), LOOK).unref();
  return leaving.signal;
}

/**
 * A receive-pack whose pusher has gone waits for its hook all the same, and would move the branch (seen). What gives it
 * away: its own parent, who held the other ends of its pipes, has ended; or the thread that passes a hook's output on,
 * and a sign of life every five seconds (receive.keepAlive), could not write any more.
 */
function hasLost(before: ProcessStat, now: ProcessStat | undefined): boolean {
  return now?.pidStart !== before.pidStart || now.parent !== before.parent || now.threads < before.threads;
}
