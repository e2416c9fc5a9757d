import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A line for build.sh that waits for release(). */
export interface HeldBuild extends AsyncDisposable {
  line: string;
  /** Resolves when the build has reached that line. */
  reached: Promise<unknown>;
  /** Lets this build and all later ones go on. */
  release(): void;
}

/** Listens on an address that builds can reach. */
export async function holdBuild(address: string): Promise<HeldBuild> {
  const waiting = new Set<Socket>();
  let released = false;
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // a machine that reboots drops the connection
    if (released) socket.end('go\n');
    else waiting.add(socket);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  return {
    line: `bash -c 'exec 3<>/dev/tcp/${address}/${port} && read -r word <&3 && echo "$word"'`,
    reached: once(server, 'connection'),
    release() {
      released = true;
      for (const socket of waiting) socket.end('go\n');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of waiting) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
