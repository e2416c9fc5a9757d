import { statSync } from 'node:fs';
import { exec } from '../../exec.ts';
import { keyType } from '../../ssh-key.ts';
import type { SshTarget } from './target.ts';

/** A line of a known_hosts file that matches the host. */
export interface KnownKey {
  marker: '@revoked' | '@cert-authority' | undefined;
  type: string;
  /** The key in wire format. */
  blob: Buffer;
}

/** `authority`: only host certificates are trusted. `other-type`: the key's type is not pinned. */
export type Verdict = 'known' | 'unknown' | 'other-type' | 'authority' | 'changed' | 'revoked';

/**
 * The keys of a host in the known_hosts files. `ssh-keygen -F` reads them, including hashed names and patterns
 * (https://man.openbsd.org/ssh-keygen#F).
 */
export async function lookUpHostKeys({ knownAs, knownHostsFiles }: SshTarget): Promise<KnownKey[]> {
  const found = await Promise.all(
    knownHostsFiles
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
      .map((file) => exec(['ssh-keygen', '-F', knownAs, '-f', file])),
  );
  return found.flatMap(({ stdout }) => parseKnownHosts(stdout));
}

export function parseKnownHosts(text: string): KnownKey[] {
  return text.split('\n').flatMap((line) => {
    const [, marker, type, key] =
      /^(?:(@revoked|@cert-authority)\s+)?[^\s#@]\S*\s+(\S+)\s+([A-Za-z0-9+/=]+)/.exec(line) ?? [];
    if (type === undefined || key === undefined) return [];
    return [{ marker: marker as KnownKey['marker'], type, blob: Buffer.from(key, 'base64') }];
  });
}

/** Compares a host's key with the pinned ones. ssh2 does not support host certificates. */
export function checkHostKey(shown: Buffer, known: readonly KnownKey[]): Verdict {
  const same = known.filter(({ blob }) => blob.equals(shown));
  if (same.some(({ marker }) => marker === '@revoked')) return 'revoked';
  if (same.some(({ marker }) => marker === undefined)) return 'known';
  const pinned = known.filter(({ marker }) => marker === undefined);
  if (pinned.length > 0) return pinned.some(({ type }) => type === keyType(shown)) ? 'changed' : 'other-type';
  return known.some(({ marker }) => marker === '@cert-authority') ? 'authority' : 'unknown';
}

/**
 * Host key algorithms to offer, those of pinned keys first, as ssh does: a host with several keys shows the one that is
 * offered first.
 */
export function orderAlgorithms(known: readonly KnownKey[]): string[] {
  const pinned = new Set(known.filter(({ marker }) => marker === undefined).map(({ type }) => type));
  const first = ALGORITHMS.filter((algorithm) => pinned.has(KEY_TYPES[algorithm] ?? algorithm));
  return [...first, ...ALGORITHMS.filter((algorithm) => !first.includes(algorithm))];
}

const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;
const KEY_TYPES: Record<string, string> = { 'rsa-sha2-512': 'ssh-rsa', 'rsa-sha2-256': 'ssh-rsa' };
