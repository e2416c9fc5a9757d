import type { Trouble } from '../errors.ts';
import { countUnanswered } from '../port/ssh/tcp-retransmits.ts';
import { type ProcessId, type ProcessStat, readStat } from '../proc-stat.ts';

const POLL_INTERVAL_MS = 250;

/**
 * Aborts with `reason` when the pusher has disconnected: by Ctrl-C on this machine, which signals the whole process
 * group, because receive-pack has lost its peer, or because the network is down. For the last, asks the kernel: sshd
 * takes 15 minutes to notice, and even with ClientAliveInterval it sends no probes while a build prints (OpenSSH 9.2).
 */
export async function detectDisconnect(
  { pid }: ProcessId,
  sshConnection: string | undefined,
  reason: Trouble,
): Promise<AbortSignal> {
  const disconnected = new AbortController();
  const disconnect = () => disconnected.abort(reason);
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, disconnect);
  const before = await readStat(pid);
  const isTooLong = makeSilenceDetector();
  const poll = async () => {
    if (before === undefined || process.ppid !== pid || hasLostPeer(before, await readStat(pid))) disconnect();
    if (isTooLong(await countUnanswered(sshConnection), performance.now())) disconnect();
  };
  await poll();
  setInterval(() => void poll(), POLL_INTERVAL_MS).unref();
  return disconnected.signal;
}

/**
 * A receive-pack that has lost its pusher still waits for its hook, and would then move the branch (seen). The signs:
 * its parent, at the other end of its pipes, has ended; or so has its thread that forwards the hook's output and sends
 * a keepalive every five seconds (receive.keepAlive), because it could not write.
 */
function hasLostPeer(before: ProcessStat, now: ProcessStat | undefined): boolean {
  return now?.pidStart !== before.pidStart || now.parent !== before.parent || now.threads < before.threads;
}

/** A push survives shorter outages. */
const MAX_SILENCE_MS = 45_000;

/**
 * Takes the count of unanswered retransmits, and the time in milliseconds; returns whether the peer has been silent for
 * too long. A smaller count means that an answer came since the last call, and starts the time again.
 */
export function makeSilenceDetector(): (count: number, time: number) => boolean {
  let before = 0;
  let since = 0;
  return (count, time) => {
    if (before === 0 || count < before) since = time;
    before = count;
    return count > 0 && time - since >= MAX_SILENCE_MS;
  };
}
