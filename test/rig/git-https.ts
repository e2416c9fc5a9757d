import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';

/** Repositories over https, by git's own http-backend. */
export interface GitOverHttps {
  tcpPort: number;
  /** A file with its certificate, which it signed itself, for localhost. */
  certificate: string;
  /** Ends all connections. */
  stop(): Promise<void>;
}

export interface GitServerOptions {
  /** For the key. */
  folder: string;
  /** Of bare repositories; whoever asks for one whose name begins with `private` needs the login. */
  root: string;
  /** `user:password` */
  login: string;
  tcpPort?: number;
}

export async function startGitOverHttps({ folder, root, login, tcpPort = 0 }: GitServerOptions): Promise<GitOverHttps> {
  const key = join(folder, 'https.key');
  const certificate = join(folder, 'https.crt');
  if (tcpPort === 0) {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2'];
    await execa('openssl', ['req', '-x509', ...made, ...subject]);
  }
  const wanted = `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    if (request.url?.startsWith('/moved'))
      response.writeHead(302, { location: request.url.replace('moved', 'lib') }).end();
    else if (request.url?.startsWith('/private') && request.headers.authorization !== wanted)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    else void serve(root, request, response);
  });
  server.listen(tcpPort, 'localhost');
  await once(server, 'listening');
  return {
    tcpPort: (server.address() as AddressInfo).port,
    certificate,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As a CGI: https://git-scm.com/docs/git-http-backend */
async function serve(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'https://localhost');
  const header = (name: string) => String(request.headers[name] ?? '');
  const { stdout } = await execa('git', ['http-backend'], {
    env: {
      ...{ PATH: process.env['PATH'], GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: pathname },
      ...{ REQUEST_METHOD: request.method, QUERY_STRING: String(searchParams), CONTENT_TYPE: header('content-type') },
      ...{ HTTP_CONTENT_ENCODING: header('content-encoding'), GIT_PROTOCOL: header('git-protocol') },
    },
    extendEnv: false,
    input: await buffer(request), // it may exit before it has read this, which execa expects
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
  });
  const answer = Buffer.from(stdout);
  const end = answer.indexOf('\r\n\r\n');
  const fields = answer.subarray(0, end).toString().split('\r\n');
  const headers = Object.fromEntries(fields.map((field) => field.split(': ') as [string, string]));
  const { Status: status = '200', ...others } = headers;
  response.writeHead(Number.parseInt(status, 10), others).end(answer.subarray(end + 4));
}
