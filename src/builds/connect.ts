import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import * as messages from '../port/messages.ts';
import type { Relay } from '../port/relay.ts';
import type { PortSettings } from '../port/settings.ts';
import type { Connection } from '../port/ssh/connection.ts';
import { type ResolvedTarget, resolveTarget } from '../port/ssh/resolve-target.ts';

/** How ssh would reach the factory that is tried first. */
export function resolveFirstTarget({
  factories: [first = 'factory'],
  sshConfig,
}: PortSettings): Promise<ResolvedTarget> {
  const resolved = resolveTarget(first, sshConfig);
  resolved.catch(() => {}); // for who follows it
  return resolved;
}

/** Ssh2 takes as long to load as ssh takes to tell the way. */
export async function connectTo(resolved: Promise<ResolvedTarget>): Promise<Connection> {
  const { openConnection } = await import('../port/ssh/connection.ts');
  return openConnection(await resolved);
}

/**
 * Connects to the first factory that lets us in; each one is tried again where that can help (see retry.ts). The first
 * try has begun already. Rejects with the signal's reason when aborted, whatever is under way.
 */
export async function connect(
  { factories, sshConfig }: PortSettings,
  begun: Promise<Connection>,
  relay: Relay,
  signal: AbortSignal,
): Promise<Connection> {
  let first: Promise<Connection> | undefined = begun;
  let trouble: unknown;
  for (const [index, factory] of factories.entries()) {
    if (index > 0) relay.line(messages.warning(messages.nextFactory(factory, trouble)));
    const next = () => {
      const opening = first ?? connectTo(resolveTarget(factory, sshConfig));
      first = undefined;
      return opening;
    };
    try {
      return await tryAgain(next, relay, signal);
    } catch (error) {
      if (!(error instanceof Trouble) || signal.aborted) throw error;
      trouble = error;
    }
  }
  throw trouble;
}

async function tryAgain(open: () => Promise<Connection>, relay: Relay, signal: AbortSignal): Promise<Connection> {
  const tries: Tries = { unreachable: 0, busy: 0, since: 0 };
  for (const started = performance.now(); ; ) {
    signal.throwIfAborted();
    try {
      return await unlessAborted(open(), signal);
    } catch (error) {
      if (!(error instanceof Trouble) || signal.aborted) throw error;
      tries[error.code === 'ssh-busy' ? 'busy' : 'unreachable'] += 1;
      tries.since = performance.now() - started;
      await pause(error, tries, relay, signal);
    }
  }
}

/** Throws the trouble where nothing is left to try. The pusher hears once of a factory that is busy. */
async function pause(trouble: Trouble, tries: Tries, relay: Relay, signal: AbortSignal): Promise<void> {
  const milliseconds = pauseBeforeTry(trouble.code, tries, Math.random());
  if (milliseconds === undefined) throw trouble;
  if (trouble.code !== 'ssh-busy') relay.line(messages.warning(messages.tryingAgain(trouble, milliseconds)));
  else if (tries.busy === 1) relay.line(messages.warning(messages.waitingForFactory(trouble)));
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** A connection that comes after that is closed. */
async function unlessAborted(opening: Promise<Connection>, signal: AbortSignal): Promise<Connection> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([opening, aborted.promise]);
  } catch (error) {
    if (signal.aborted) void opening.then((late) => late[Symbol.dispose]()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** How often a factory has been tried in vain. */
export interface Tries {
  /** Times that nobody answered. */
  unreachable: number;
  /** Times that the connection was closed before ssh began. */
  busy: number;
  /** Milliseconds since the first try. */
  since: number;
}

/** Milliseconds before the second and the third try where nobody answers. */
const PAUSES = [1000, 3000];

/** Milliseconds for which a busy factory is asked, and between two tries: about so many first, so many at the longest. */
const PATIENCE = 60_000;
const FIRST = 250;
const LONGEST = 5000;

/**
 * Milliseconds until a factory is tried again; undefined: that is over, or would not help. sshd drops new connections
 * while many others log in (MaxStartups), so the pauses grow, and as `random` (from 0 to 1) says they are up to a half
 * shorter or longer: what was dropped together must not come back together. The last try is at the end of our patience.
 */
export function pauseBeforeTry(code: string, tries: Tries, random: number): number | undefined {
  if (code === 'ssh-connect') return PAUSES[tries.unreachable - 1];
  if (code !== 'ssh-busy' || tries.since >= PATIENCE) return undefined;
  const pause = Math.min(FIRST * 2 ** (tries.busy - 1), LONGEST) * (0.5 + random);
  return Math.min(pause, PATIENCE - tries.since);
}
