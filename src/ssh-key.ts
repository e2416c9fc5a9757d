import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The name in front of a key blob: a length and so many bytes (RFC 4253, section 6.6). */
export function keyType(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/**
 * The fingerprint of the key with which this ssh session was opened. sshd names it in the file SSH_USER_AUTH, where
 * ExposeAuthInfo is on: `publickey ssh-ed25519 AAAA…` (sshd_config(5)).
 */
export async function readUsedKey(env: NodeJS.Dict<string>): Promise<string | undefined> {
  const text = await readFile(env['SSH_USER_AUTH'] ?? '/dev/null', 'utf8').catch(() => '');
  const [, blob] = /^publickey \S+ ([A-Za-z0-9+/=]+)/m.exec(text) ?? [];
  return blob === undefined ? undefined : fingerprint(Buffer.from(blob, 'base64'));
}
