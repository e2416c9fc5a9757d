import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import type { Connection } from '../port/connection.ts';
import type { Relay } from '../port/relay.ts';
import type { PortSettings } from '../port/settings.ts';
import { findWay, type Way } from '../port/way.ts';
import * as words from '../port/words.ts';
import { pauseBeforeTry, type Tries } from './retry.ts';

/** How ssh would reach the factory that is tried first. */
export function findFirstWay({ factories: [first = 'factory'], sshConfig }: PortSettings): Promise<Way> {
  const way = findWay(first, sshConfig);
  way.catch(() => {}); // for who follows it
  return way;
}

/** Ssh2 takes as long to load as ssh takes to tell the way. */
export async function follow(way: Promise<Way>): Promise<Connection> {
  const { openConnection } = await import('../port/connection.ts');
  return openConnection(await way);
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
    if (index > 0) relay.line(words.warning(words.nextFactory(factory, trouble)));
    const next = () => {
      const opening = first ?? follow(findWay(factory, sshConfig));
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
  if (trouble.code !== 'ssh-busy') relay.line(words.warning(words.tryingAgain(trouble, milliseconds)));
  else if (tries.busy === 1) relay.line(words.warning(words.waitingForFactory(trouble)));
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
