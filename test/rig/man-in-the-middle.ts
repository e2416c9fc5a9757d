import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2, { type ServerChannel } from 'ssh2';
import { connectHostile } from './hostile-client.ts';
import type { Sshd } from './sshd.ts';

export interface ManInTheMiddle {
  sshPort: number;
  /** What it has received: login attempts, commands, bytes. */
  heard: string[];
  stop(): Promise<void>;
}

/** An ssh server with its own host key that accepts every login and relays commands to the real factory. */
export async function startManInTheMiddle(
  hostKey: string,
  factory: Sshd,
  ownKey: string,
  tcpPort = 0,
): Promise<ManInTheMiddle> {
  const heard: string[] = [];
  const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, (victim) => {
    victim.on('error', () => {}); // the victim may hang up
    victim.on('authentication', (attempt) => {
      heard.push(`login ${attempt.method}`);
      attempt.accept();
    });
    victim.on('session', (accept) => {
      accept().on('exec', (acceptExec, _, { command }) => {
        heard.push(command);
        void passOn(acceptExec(), command, factory, ownKey, heard);
      });
    });
  });
  server.listen(tcpPort, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    await once(server, 'close');
  };
  return { sshPort: (server.address() as AddressInfo).port, heard, stop };
}

async function passOn(near: ServerChannel, command: string, factory: Sshd, key: string, heard: string[]) {
  const client = await connectHostile(factory, key);
  client.exec(command, (error, far) => {
    if (error !== undefined) return near.close();
    near.on('data', (chunk: Buffer) => heard.push(`${chunk.length} bytes`));
    near.pipe(far).pipe(near, { end: false });
    far.on('exit', (code: number) => near.exit(code));
    far.on('close', () => {
      near.end();
      client.end();
    });
  });
}
