import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import type { SshTarget } from './target.ts';

/** A way to an sshd that bytes can go. */
export interface Dialled {
  sock: Duplex;
  /**
   * A neighbour's network takes bytes as fast as they can be encrypted, and to compress them first would only take
   * time; on a longer way the network is what takes the time.
   */
  isNear: boolean;
}

/** Milliseconds of a round trip up to which a factory is near; a busy machine takes some of them itself. */
const NEAR = 10;

/** Connects by TCP, whose own handshake tells the round trip, or by ProxyJump. Rejects where nobody answers. */
export async function dial(target: SshTarget, sshConfig: string | undefined): Promise<Dialled> {
  const { host, sshPort, proxyJump, connectTimeout } = target;
  if (proxyJump !== undefined) return { sock: jump(target, proxyJump, sshConfig), isNear: false };
  // ssh2 leaves Nagle's algorithm on: with the server's delayed ACKs the login took 180 ms longer
  const sock = connect({ host, port: sshPort, noDelay: true });
  let started = performance.now();
  sock.on('connectionAttempt', () => {
    started = performance.now(); // the name has been looked up
  });
  const patience = AbortSignal.timeout(connectTimeout * 1000);
  await once(sock, 'connect', { signal: patience }).catch((error: Error) => {
    sock.destroy();
    throw patience.aborted ? new Error(`no answer within ${connectTimeout} s`) : error;
  });
  return { sock, isNear: performance.now() - started <= NEAR };
}

/** ProxyJump as ssh does it itself: another ssh whose standard input and output are the connection (`ssh -W`). */
function jump({ host, sshPort }: SshTarget, hops: string, sshConfig: string | undefined): Duplex {
  const all = hops.split(',');
  const last = all.pop() ?? '';
  const ssh = spawn(
    'ssh',
    [
      ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
      ...(all.length === 0 ? [] : ['-J', all.join(',')]),
      ...['-o', 'BatchMode=yes', '-W', `[${host}]:${sshPort}`, '--', /^\S+:\d+$/.test(last) ? `ssh://${last}` : last],
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  return Duplex.from({ writable: ssh.stdin, readable: ssh.stdout });
}
