import { Trouble } from '../errors.ts';
import { buildsAhead } from '../port/messages/build.ts';
import * as messages from '../port/messages/connection.ts';
import { warning } from '../port/messages/text.ts';
import type { Relay } from '../port/relay.ts';
import type { PortSettings } from '../port/settings.ts';
import type { Connection } from '../port/ssh/connection.ts';
import { type ResolvedTarget, resolveTarget } from '../port/ssh/resolve-target.ts';
import { connectWithRetries } from './connect-with-retries.ts';
import { allowBuilding, allowWaiting, type Deadline } from './deadline.ts';
import { openSendingQueue } from './sending-queue.ts';

/** A connection to a factory that is opened before it is needed. It leaves no connection open once disposed of. */
export interface FactoryConnection extends Disposable {
  /**
   * Connects to the first factory that accepts us, and retries each one where that can help. Rejects with exit code 4
   * if none does, and with the signal's reason as soon as it aborts.
   */
  open(relay: Relay, signal: AbortSignal): Promise<Connection>;
  /** Closes what was opened early. `open` still works: it resolves the factory and checks its host key again. */
  close(): void;
}

/**
 * Starts to connect to the first factory as soon as `ready` resolves, unless enough builds are there already. `open` then
 * waits in the queue.
 */
export function connectInTurn(settings: PortSettings, ready: Promise<unknown>, deadline: Deadline): FactoryConnection {
  const queue = openSendingQueue(firstOf(settings), settings.maxSending);
  let isClosed = false;
  const mayGo = ready.then(() => !isClosed && queue.mayGo());
  const connection = connectEarly(settings, mayGo);
  const close = () => {
    isClosed = true;
    connection.close();
    queue.leave();
  };
  return {
    async open(relay, signal) {
      const tell = (ahead: number) => {
        allowWaiting(deadline);
        relay.heading(buildsAhead(ahead));
      };
      if (await queue.wait(tell, signal)) allowBuilding(deadline, settings);
      return connection.open(relay, signal);
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Starts to connect to the first factory as soon as `mayGo` resolves to true. */
export function connectEarly(settings: PortSettings, mayGo = Promise.resolve(true)): FactoryConnection {
  const { factories, sshConfig } = settings;
  const attempts: Promise<Connection | undefined>[] = [];
  const track = <T extends Connection | undefined>(attempt: Promise<T>) => {
    attempt.catch(() => {}); // `open` reports it
    attempts.push(attempt);
    return attempt;
  };
  const target = resolveTarget(firstOf(settings), sshConfig);
  target.catch(() => {});
  let early: Promise<Connection | undefined> | undefined = track(
    mayGo.then((may) => (may ? connectTo(target) : undefined)),
  );
  const connect = async (factory: string) => {
    const started = early;
    early = undefined;
    return (await started) ?? track(connectTo(resolveTarget(factory, sshConfig)));
  };
  const close = () => {
    early = undefined;
    for (const attempt of attempts.splice(0)) attempt.then((opened) => opened?.[Symbol.dispose]()).catch(() => {});
  };
  return {
    open: (relay, signal) =>
      connectToAny(factories, connect, relay, signal).catch((error: unknown) => {
        close(); // an attempt may still succeed after the signal
        throw error;
      }),
    close,
    [Symbol.dispose]: close,
  };
}

const firstOf = ({ factories: [first = 'factory'] }: PortSettings) => first;

/** Loads ssh2 while ssh resolves the target: both take about as long. */
async function connectTo(target: Promise<ResolvedTarget>): Promise<Connection> {
  const { openConnection } = await import('../port/ssh/connection.ts');
  return openConnection(await target);
}

type Connect = (factory: string) => Promise<Connection>;

async function connectToAny(
  factories: readonly string[],
  connect: Connect,
  relay: Relay,
  signal: AbortSignal,
): Promise<Connection> {
  let trouble: unknown;
  for (const [index, factory] of factories.entries()) {
    if (index > 0) relay.line(warning(messages.nextFactory(factory, trouble)));
    try {
      return await connectWithRetries(() => connect(factory), relay, signal);
    } catch (error) {
      if (!(error instanceof Trouble) || signal.aborted) throw error;
      trouble = error;
    }
  }
  throw trouble;
}
