import { execa } from 'execa';
import { readUsedKey } from '../ssh-key.ts';
import * as messages from './messages.ts';

/** Milliseconds; a syslog that hangs keeps nobody waiting for longer. */
const PATIENCE = 2000;

/**
 * Tells syslog of a command that an ssh client was refused, and whose it was: the key where sshd tells it, and the
 * connection, by which sshd's own `Accepted publickey` line is found in any case. Never rejects: there may be no logger.
 */
export async function logRefusal(asked: string, reason: unknown, env: NodeJS.Dict<string>): Promise<void> {
  const [address, tcpPort] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const from = { key: await readUsedKey(env), address, tcpPort };
  const line = messages.refusedOverSsh(asked, reason instanceof Error ? reason.message : String(reason), from);
  await execa('logger', ['--tag', 'doskara', '--priority', 'auth.warning', '--', line], {
    reject: false,
    stdio: 'ignore',
    timeout: PATIENCE,
  });
}
