import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import * as messages from '../port/messages/connection.ts';
import { warning } from '../port/messages/text.ts';
import type { Relay } from '../port/relay.ts';
import type { Connection } from '../port/ssh/connection.ts';
import { endStartTurn } from './start-turn.ts';

/** Connects to one factory, and retries where that can help. Rejects with the last trouble, or the signal's reason. */
export async function connectWithRetries(
  connect: () => Promise<Connection>,
  relay: Relay,
  signal: AbortSignal,
): Promise<Connection> {
  const failures: Failures = { unreachable: 0, busy: 0, elapsedMs: 0 };
  for (const started = performance.now(); ; ) {
    signal.throwIfAborted();
    try {
      return await abortable(connect(), signal);
    } catch (error) {
      if (!(error instanceof Trouble) || signal.aborted) throw error;
      failures[error.code === 'ssh-busy' ? 'busy' : 'unreachable'] += 1;
      failures.elapsedMs = performance.now() - started;
      await waitBeforeRetry(error, failures, relay, signal);
    }
  }
}

/** Throws `trouble` if there is no further attempt. Warns only once about a busy factory. */
async function waitBeforeRetry(trouble: Trouble, failures: Failures, relay: Relay, signal: AbortSignal): Promise<void> {
  const delayMs = retryDelayMs(trouble.code, failures, Math.random());
  if (delayMs === undefined) throw trouble;
  endStartTurn();
  if (trouble.code !== 'ssh-busy') relay.line(warning(messages.tryingAgain(trouble, delayMs)));
  else if (failures.busy === 1) relay.line(warning(messages.waitingForFactory(trouble)));
  await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Failed attempts to connect to one factory. */
export interface Failures {
  /** Times that nothing answered. */
  unreachable: number;
  /** Times that sshd closed the connection before the ssh handshake. */
  busy: number;
  /** Since the first attempt. */
  elapsedMs: number;
}

/** Before the second and the third attempt if nothing answers. */
const UNREACHABLE_DELAYS_MS = [1000, 3000];

const MAX_BUSY_MS = 60_000;
const FIRST_BUSY_DELAY_MS = 250;
const MAX_BUSY_DELAY_MS = 5000;

/**
 * Milliseconds until the next attempt; undefined if there is none. sshd drops new connections while many others log in
 * (MaxStartups in sshd_config(5)), so the delays grow, and `random` (0 to 1) makes each up to a half shorter or longer:
 * connections dropped together must not come back together. The last attempt is at MAX_BUSY_MS.
 */
export function retryDelayMs(code: string, failures: Failures, random: number): number | undefined {
  if (code === 'ssh-connect') return UNREACHABLE_DELAYS_MS[failures.unreachable - 1];
  if (code !== 'ssh-busy' || failures.elapsedMs >= MAX_BUSY_MS) return undefined;
  const delayMs = Math.min(FIRST_BUSY_DELAY_MS * 2 ** (failures.busy - 1), MAX_BUSY_DELAY_MS) * (0.5 + random);
  return Math.min(delayMs, MAX_BUSY_MS - failures.elapsedMs);
}
