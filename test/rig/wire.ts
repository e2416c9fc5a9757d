import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on loopback: the wire to a daemon, which a test can hold, or cut without notifying either end. */
export interface Wire extends AsyncDisposable {
  tcpPort: number;
  /** Holds everything back until it is released. */
  hold(): void;
  release(): void;
  /** Silently cuts the current connections, without closing them, and holds new ones. */
  cut(): void;
  /** Bytes received from clients on all connections. */
  sent(): number;
}

export async function startWire(target: number): Promise<Wire> {
  const pairs = new Set<Pair>();
  let held = false;
  let sent = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = { client, upstream, cut: false };
    pairs.add(pair);
    client.on('data', (chunk) => (sent += chunk.length));
    forward(client, upstream, pair, () => held);
    forward(upstream, client, pair, () => held);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const each = (act: (socket: Socket) => void) => {
    for (const { client, upstream, cut } of pairs) if (!cut) [client, upstream].forEach(act);
  };
  const hold = () => {
    held = true;
    each((socket) => socket.pause());
  };
  return {
    tcpPort: (server.address() as AddressInfo).port,
    hold,
    release() {
      held = false;
      each((socket) => socket.resume());
    },
    cut() {
      hold();
      for (const pair of pairs) pair.cut = true;
    },
    sent: () => sent,
    async [Symbol.asyncDispose]() {
      for (const { client, upstream } of pairs) for (const socket of [client, upstream]) socket.destroy();
      server.close();
    },
  };
}

interface Pair {
  client: Socket;
  upstream: Socket;
  cut: boolean;
}

function forward(from: Socket, to: Socket, pair: Pair, held: () => boolean): void {
  if (held()) from.pause();
  from.on('data', (chunk) => {
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => held() || pair.cut || from.resume());
  });
  from.on('end', () => pair.cut || to.end());
  from.on('error', () => pair.cut || to.destroy());
  from.on('close', () => pair.cut || to.end());
}
