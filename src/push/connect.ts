import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import type { Connection, PreparedConnection } from '../port/connection.ts';
import type { Relay } from '../port/relay.ts';
import type { PortSettings } from '../port/settings.ts';
import * as words from '../port/words.ts';

/** Milliseconds before the second and the third try. */
const PAUSES = [1000, 3000];

/**
 * Connects to the first factory that answers; each one is tried three times where trying again can help. The first try
 * takes what was prepared for it, the others ask ssh anew.
 */
export async function connect(
  { factories, sshConfig }: PortSettings,
  prepared: Promise<PreparedConnection>,
  relay: Relay,
  signal: AbortSignal,
): Promise<Connection> {
  const { prepareConnection } = await import('../port/connection.ts');
  let first: Promise<PreparedConnection> | undefined = prepared;
  let trouble: unknown;
  for (const [index, factory] of factories.entries()) {
    if (index > 0) relay.line(words.warning(words.nextFactory(factory, trouble)));
    const open = async () => {
      const ready = first ?? prepareConnection(factory, sshConfig);
      first = undefined;
      return (await ready).open();
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
