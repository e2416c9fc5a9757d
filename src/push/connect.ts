import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import type { Connection } from '../port/connection.ts';
import type { Relay } from '../port/relay.ts';
import type { PortSettings } from '../port/settings.ts';
import { findWay, type Way } from '../port/way.ts';
import * as words from '../port/words.ts';

/** Milliseconds before the second and the third try. */
const PAUSES = [1000, 3000];

/**
 * Connects to the first factory that answers; each one is tried three times where trying again can help. The first try
 * takes the way that was found already, the others ask ssh anew.
 */
export async function connect(
  { factories, sshConfig }: PortSettings,
  found: Promise<Way>,
  relay: Relay,
  signal: AbortSignal,
): Promise<Connection> {
  const { openConnection } = await import('../port/connection.ts');
  let first: Promise<Way> | undefined = found;
  let trouble: unknown;
  for (const [index, factory] of factories.entries()) {
    if (index > 0) relay.line(words.warning(words.nextFactory(factory, trouble)));
    const open = async () => {
      const way = first ?? findWay(factory, sshConfig);
      first = undefined;
      return openConnection(await way);
    };
    try {
      return await tryThrice(open, relay, signal);
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
