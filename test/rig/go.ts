import { createServer, type Server } from 'node:net';
import type { Platform } from './platform.ts';
import { freePort } from './processes.ts';

/** A signal that builds wait for: a server that answers once it is given. */
export interface Go extends Disposable {
  /** A line for build.sh that waits for the signal. */
  wait: string;
  give(): void;
  stop(): void;
}

export async function makeGo(platform: Platform): Promise<Go> {
  const network = ['network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}'];
  const address = (await platform.docker(...network)).stdout;
  const tcpPort = await freePort();
  let server: Server | undefined;
  const stop = () => {
    server?.close();
    server = undefined;
  };
  return {
    wait: `until nc -w 1 ${address} ${tcpPort} </dev/null 2>/dev/null; do sleep 0.2; done`,
    give() {
      server ??= createServer((socket) => socket.end()).listen(tcpPort, address);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}
