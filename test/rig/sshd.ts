import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { answers, type Daemon, freePort, startDaemon } from './processes.ts';

export interface Sshd extends Daemon {
  sshPort: number;
  /** Public host key, `type base64`. */
  hostKey: string;
  authorizedKeys: string;
}

/**
 * The real sshd on loopback, for the user who runs the tests. `env` is set in its sessions; `more` goes before our
 * configuration.
 */
export async function startSshd(
  folder: string,
  env: Record<string, string>,
  sshdPort?: number,
  more = '',
): Promise<Sshd> {
  mkdirSync(folder, { recursive: true });
  const sshPort = sshdPort ?? (await freePort());
  const key = join(folder, 'host_key');
  await makeKey(key);
  const authorizedKeys = join(folder, 'authorized_keys');
  writeFileSync(authorizedKeys, '', { flag: 'a' });
  const setEnv = Object.entries(env).map(([name, value]) => `"${name}=${value}"`);
  const config = join(folder, 'sshd_config');
  // OpenSSH 9.2 uses the last value of MaxStartups, but the first of everything else
  writeFileSync(
    config,
    `${more}
ListenAddress 127.0.0.1:${sshPort}
HostKey ${key}
PidFile none
AuthorizedKeysFile ${authorizedKeys}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
${/^MaxStartups/m.test(more) ? '' : 'MaxStartups 100'}
ExposeAuthInfo yes
AcceptEnv LANG LC_*
SetEnv ${setEnv.join(' ')}
Subsystem sftp internal-sftp
`,
  );
  // sshd needs its privilege separation directory, which Debian's service creates at start
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const daemon = await startDaemon(['/usr/sbin/sshd', '-D', '-e', '-f', config], join(folder, 'sshd.log'), () =>
    answers(sshPort),
  );
  return { ...daemon, sshPort, hostKey: publicKey(key), authorizedKeys };
}

/** Creates an ed25519 key pair without a passphrase, unless it exists. */
export async function makeKey(file: string): Promise<void> {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file], {
    reject: false,
    stdin: 'ignore',
  });
}

export function publicKey(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

export const USER = userInfo().username;
