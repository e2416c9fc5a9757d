import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { start } from '../../exec.ts';
import type { SshTarget } from './target.ts';

/** A byte stream to an sshd. */
export interface Dialed {
  sock: Duplex;
  /** Whether the network is faster than compression. */
  isNear: boolean;
}

/** Longest round trip to a near factory; a busy machine alone takes some of it. */
const NEAR_MS = 10;

/** Connects over TCP, timing the handshake, or through ProxyJump. Rejects if nothing answers. */
export async function dial(target: SshTarget, sshConfig: string | undefined): Promise<Dialed> {
  const { host, sshPort, proxyJump, connectTimeout } = target;
  if (proxyJump !== undefined) return { sock: jump(target, proxyJump, sshConfig), isNear: false };
  // ssh2 leaves Nagle's algorithm on: with the server's delayed ACKs a login took 180 ms longer
  const sock = connect({ host, port: sshPort, noDelay: true });
  let started = performance.now();
  sock.on('connectionAttempt', () => {
    started = performance.now(); // the name has been resolved
  });
  const timeout = AbortSignal.timeout(connectTimeout * 1000);
  await once(sock, 'connect', { signal: timeout }).catch((error: Error) => {
    sock.destroy();
    throw timeout.aborted ? new Error(`no answer within ${connectTimeout} s`) : error;
  });
  return { sock, isNear: performance.now() - started <= NEAR_MS };
}

/** ProxyJump as ssh implements it: the stdin and stdout of another ssh are the connection (`ssh -W`). */
function jump({ host, sshPort }: SshTarget, hops: string, sshConfig: string | undefined): Duplex {
  const all = hops.split(',');
  const last = all.pop() ?? '';
  const ssh = start([
    'ssh',
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...(all.length === 0 ? [] : ['-J', all.join(',')]),
    ...['-o', 'BatchMode=yes', '-W', `[${host}]:${sshPort}`, '--', /^\S+:\d+$/.test(last) ? `ssh://${last}` : last],
  ]);
  ssh.stderr.resume();
  return Duplex.from({ writable: ssh.stdin, readable: ssh.stdout });
}
