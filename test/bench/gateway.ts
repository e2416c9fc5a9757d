import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { execa } from 'execa';

/** The engine's containers can reach only this machine, so their downloads go through here. */
export interface Gateway {
  url: string;
  close(): void;
}

/** A proxy for HTTP and HTTPS. */
export async function openProxy(address: string): Promise<Gateway> {
  return open(address, (url) => new URL(url), {});
}

/** Maven Central, without TLS: Java has certificates of its own. */
export async function openMaven(address: string): Promise<Gateway> {
  return open(address, (path) => new URL(path, 'https://repo.maven.apache.org'), {});
}

/** A proxy for this machine's own npm registry. */
export async function openRegistry(address: string): Promise<Gateway> {
  const setting = async (name: string) => (await execa('npm', ['config', 'get', name])).stdout.trim();
  const registry = await setting('registry');
  const cafile = await setting('cafile');
  const trust = cafile === 'null' ? {} : { ca: readFileSync(cafile) };
  return open(address, (path) => new URL(path.replace(/^\//, ''), registry), trust);
}

async function open(address: string, targetOf: (asked: string) => URL, trust: { ca?: Buffer }): Promise<Gateway> {
  const agent = new Agent({ keepAlive: true, ...trust });
  const server = createServer((asked, answer) => {
    const target = targetOf(asked.url ?? '');
    const options = { method: asked.method, headers: { ...asked.headers, host: target.host } };
    const onward =
      target.protocol === 'https:' ? httpsRequest(target, { ...options, agent }) : httpRequest(target, options);
    onward.on('response', (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    onward.on('error', () => answer.writeHead(502).end());
    asked.pipe(onward);
  })
    .on('connect', ({ url = '' }, socket: Socket) => tunnel(url, socket))
    .listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  return {
    url: `http://${address}:${typeof bound === 'object' ? bound?.port : 0}`,
    close: () => {
      server.close();
      agent.destroy();
    },
  };
}

/** `to`: HOST:PORT, as in a CONNECT request. */
function tunnel(to: string, socket: Socket): void {
  const { hostname, port } = new URL(`tunnel://${to}`);
  const onward = connect(Number(port), hostname, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
}
