import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import * as messages from '../messages/docker.ts';

/** Less than buildx is given, which has asked before. */
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Why a remote builder with TLS does not answer, which buildx keeps to itself; undefined: it is not known. `inspected` is
 * what buildx printed of the builder.
 */
export async function whyUnreachable(inspected: string): Promise<string | undefined> {
  const endpoint = parseEndpoint(inspected);
  if (endpoint === undefined) return undefined;
  const { address, options } = endpoint;
  try {
    const [ca, cert, key] = await Promise.all([options['cacert'], options['cert'], options['key']].map(readPem));
    return await tryHandshake(endpoint, { ca, cert, key });
  } catch (error) {
    return messages.endpointUnusable(address, String((error as Error).message));
  }
}

interface Endpoint {
  /** `host:port`. */
  address: string;
  /** Of the driver: https://docs.docker.com/build/builders/drivers/remote/ */
  options: Record<string, string>;
}

/** undefined: it is not one with TLS. */
export function parseEndpoint(inspected: string): Endpoint | undefined {
  const address = /^Endpoint: +tcp:\/\/(\S+:\d+)$/m.exec(inspected)?.[1];
  const line = /^Driver Options: +(.*)$/m.exec(inspected)?.[1] ?? '';
  const pairs = [...line.matchAll(/([\w-]+)=("(?:[^"\\]|\\.)*")/g)];
  const options = Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, String(JSON.parse(value))]));
  return address === undefined || options['cacert'] === undefined ? undefined : { address, options };
}

async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readFile(file);
}

type Pems = Record<'ca' | 'cert' | 'key', Buffer | undefined>;

/**
 * Says hello as buildx does. With TLS 1.3, a server looks at its client's certificate when the client believes that all
 * is done, so only its first bytes tell that it is content. Resolves with why it is not.
 */
async function tryHandshake({ address, options }: Endpoint, { ca, cert, key }: Pems): Promise<string | undefined> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = options['servername'] ?? (isIP(host) === 0 ? host : '');
  const certificates = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port: Number(port), servername, ALPNProtocols: ['h2'], ...certificates });
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => resolve(undefined));
  socket.once('data', () => resolve(undefined));
  socket.once('end', () => resolve(undefined));
  socket.on('error', (error: NodeJS.ErrnoException & { reason?: string }) => {
    const reason = error.reason ?? error.message;
    const isRefusal = /alert/.test(reason) && options['cert'] !== undefined;
    resolve(
      isRefusal
        ? messages.certificateRefused(address, options['cert'] ?? '', reason)
        : messages.endpointUnusable(address, reason),
    );
  });
  return promise.finally(() => socket.destroy());
}
