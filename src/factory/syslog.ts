import { exec } from '../exec.ts';
import { readUsedKey } from '../ssh-key.ts';
import * as messages from './messages/build.ts';

/** A syslog that hangs must not delay the answer. */
const SYSLOG_TIMEOUT_MS = 2000;

/**
 * Logs a refused ssh command to syslog, with the key if sshd tells it, and the connection, by which sshd's own
 * `Accepted publickey` line can be found. Never rejects: there may be no logger.
 */
export async function logRefusal(asked: string, reason: unknown, env: NodeJS.Dict<string>): Promise<void> {
  const [address, tcpPort] = (env['SSH_CONNECTION'] ?? '').split(' ');
  const from = { key: await readUsedKey(env), address, tcpPort };
  const line = messages.refusedOverSsh(asked, reason instanceof Error ? reason.message : String(reason), from);
  const command = ['logger', '--tag', 'doskara', '--priority', 'auth.warning', '--', line];
  await exec(command, { output: 'ignore', timeoutMs: SYSLOG_TIMEOUT_MS });
}
