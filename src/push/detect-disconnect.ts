import type { Trouble } from '../errors.ts';
import { countUnanswered } from '../port/ssh/tcp-retransmits.ts';
import { type ProcessId, type ProcessStat, readStat } from '../proc-stat.ts';

/** Milliseconds between two looks. */
const LOOK = 250;

/**
 * Aborts with `reason` when the pusher whom git's receive-pack serves has gone: by Ctrl-C on this machine, which reaches
 * the whole process group, because nobody is left for receive-pack to report to, or because his network is dead. The
 * last is for the kernel to tell: sshd waits a quarter of an hour for an answer, and with a ClientAliveInterval, too,
 * asks nothing as long as a build speaks more often (OpenSSH 9.2).
 */
export async function detectDisconnect(
  { pid }: ProcessId,
  sshConnection: string | undefined,
  reason: Trouble,
): Promise<AbortSignal> {
  const leaving = new AbortController();
  const leave = () => leaving.abort(reason);
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, leave);
  const before = await readStat(pid);
  const isTooLong = watchSilence();
  const look = async () => {
    if (before === undefined || process.ppid !== pid || hasLost(before, await readStat(pid))) leave();
    if (isTooLong(await countUnanswered(sshConnection), performance.now())) leave();
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

/** Milliseconds: shorter outages are nothing that a push does not live through. */
const LONGEST = 45_000;

/**
 * Hears, at times in milliseconds, how often the kernel has repeated something in vain; returns whether that has gone on
 * for too long. Every answer begins anew, also one between two looks: the count is smaller then.
 */
export function watchSilence(): (count: number, time: number) => boolean {
  let before = 0;
  let since = 0;
  return (count, time) => {
    if (before === 0 || count < before) since = time;
    before = count;
    return count > 0 && time - since >= LONGEST;
  };
}
