import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The type of a key in wire format, a length-prefixed string (RFC 4253, section 6.6). */
export function keyType(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/**
 * The fingerprint of the key that opened this ssh session; undefined if sshd does not tell. With ExposeAuthInfo, sshd
 * writes it to the file SSH_USER_AUTH: `publickey ssh-ed25519 AAAA…` (sshd_config(5)).
 */
export async function readUsedKey(env: NodeJS.Dict<string>): Promise<string | undefined> {
  const text = await readFile(env['SSH_USER_AUTH'] ?? '/dev/null', 'utf8').catch(() => '');
  const [, blob] = /^publickey \S+ ([A-Za-z0-9+/=]+)/m.exec(text) ?? [];
  return blob === undefined ? undefined : fingerprint(Buffer.from(blob, 'base64'));
}
