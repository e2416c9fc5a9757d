import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import type { Connection } from '../port/connection.ts';
import type { Relay } from '../port/relay.ts';
import type { PortSettings } from '../port/settings.ts';
import { findWay, type Way } from '../port/way.ts';
import * as words from '../port/words.ts';

/** Milliseconds before the second and the third try. */
const PAUSES = [1000, 3000];

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
 * Connects to the first factory that answers; each one is tried three times where trying again can help. The first try
 * has begun already.
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
      return await tryThrice(next, relay, signal);
    } catch (error) {
      if (!(error instanceof Trouble) || signal.aborted) throw error;
      trouble = error;
    }
  }
  throw trouble;
}

async function tryThrice(open: () => Promise<Connection>, relay: Relay, signal: AbortSignal): Promise<Connection> {
  for (const pause of PAUSES) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Trouble) || error.code !== 'ssh-connect') throw error;
      relay.line(words.warning(words.tryingAgain(error, pause)));
    }
    await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  return open();
}
