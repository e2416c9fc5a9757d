import { readFile } from 'node:fs/promises';

/**
 * How often this machine's kernel has repeated what the other end of an ssh connection has not answered; 0 as soon as
 * it does, and where there is no such connection. `sshConnection`: the client's address and port, and ours, as sshd puts
 * them into SSH_CONNECTION.
 */
export async function countUnanswered(sshConnection: string | undefined): Promise<number> {
  const [, remotePort, , localPort] = (sshConnection ?? '').split(' ').map(Number);
  if (!localPort || !remotePort) return 0;
  const read = (file: string) => readFile(file, 'utf8').catch(() => '');
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(read)); // where it is depends on sshd's listener
  return unansweredIn(tables.join(''), localPort, remotePort);
}

/**
 * The tables of proc_net_tcp(5): segments sent again and probes sent, each since the last answer. Clients of different
 * addresses may have the same port: the best of them counts.
 */
export function unansweredIn(tables: string, localPort: number, remotePort: number): number {
  const counts = tables.split('\n').flatMap((line) => {
    const [, local = '', remote = '', , , , repeated = '', , probes = ''] = line.trim().split(/\s+/);
    return portOf(local) === localPort && portOf(remote) === remotePort
      ? [Number.parseInt(repeated, 16) + Number.parseInt(probes, 10)]
      : [];
  });
  return counts.length === 0 ? 0 : Math.min(...counts);
}

/** `0100007F:1F90` */
function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
