import { readFile } from 'node:fs/promises';

/**
 * How many retransmissions and probes of an ssh connection the client has not acknowledged; 0 once it does, or if there
 * is no such connection. `sshConnection`: SSH_CONNECTION as sshd sets it, with both addresses and ports.
 */
export async function countUnanswered(sshConnection: string | undefined): Promise<number> {
  const [, remotePort, , localPort] = (sshConnection ?? '').split(' ').map(Number);
  if (!localPort || !remotePort) return 0;
  const read = (file: string) => readFile(file, 'utf8').catch(() => '');
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(read)); // which one depends on sshd's listener
  return unansweredIn(tables.join(''), localPort, remotePort);
}

/**
 * Reads retransmissions and probes since the last acknowledgment from the tables of proc_net_tcp(5). Of clients with
 * the same port, the lowest count is returned.
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
