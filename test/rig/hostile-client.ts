import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import ssh2, { type Client, type ClientChannel, type ExecOptions } from 'ssh2';
import { type Sshd, USER } from './sshd.ts';

/** An ssh client that sends arbitrary requests, with a key that the server accepts. */
export async function connectHostile(sshd: Sshd, keyFile: string, agent?: string): Promise<Client> {
  const client = new ssh2.Client();
  client.connect({
    host: '127.0.0.1',
    port: sshd.sshPort,
    username: USER,
    privateKey: readFileSync(keyFile),
    ...(agent === undefined ? {} : { agent }),
  });
  await once(client, 'ready');
  return client;
}

export interface Answer {
  code: number | null;
  output: string;
}

/** Runs a command, or requests a shell if there is none. Rejects if the server refuses part of the request. */
export function askFor(client: Client, command: string | undefined, options: ExecOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onChannel = (error: Error | undefined, channel: ClientChannel) => {
      if (error !== undefined) return reject(error);
      const answer: Answer = { code: null, output: '' };
      const add = (chunk: Buffer) => {
        answer.output += String(chunk);
      };
      channel.on('data', add).stderr.on('data', add);
      channel.on('exit', (code: number | null) => {
        answer.code = code;
      });
      channel.on('close', () => resolve(answer));
      channel.end();
    };
    if (command === undefined) client.shell(false, {}, onChannel);
    else client.exec(command, options, onChannel);
  });
}

/** The error that refuses a request; undefined if it is granted. */
export function refusalOf(ask: (done: (error?: Error | null) => void) => unknown): Promise<string | undefined> {
  return new Promise((resolve) => {
    ask((error) => resolve(error?.message));
  });
}
