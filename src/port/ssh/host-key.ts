import { statSync } from 'node:fs';
import { exec } from '../../exec.ts';
import { keyType } from '../../ssh-key.ts';
import type { SshTarget } from './target.ts';

/** A line of a known_hosts file that speaks of our host. */
export interface KnownKey {
  marker: '@revoked' | '@cert-authority' | undefined;
  type: string;
  /** The key as it goes over the wire. */
  blob: Buffer;
}

/** `authority`: only a certificate of the host would do. `other-type`: it shows a key of a type that is not pinned. */
export type Verdict = 'known' | 'unknown' | 'other-type' | 'authority' | 'changed' | 'revoked';

/**
 * The keys that the known_hosts files have for a host. `ssh-keygen -F` reads them, hashed names and patterns included
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

/** Whether the key that a host shows is the one that was pinned. Host certificates are not spoken by ssh2. */
export function checkHostKey(shown: Buffer, known: readonly KnownKey[]): Verdict {
  const same = known.filter(({ blob }) => blob.equals(shown));
  if (same.some(({ marker }) => marker === '@revoked')) return 'revoked';
  if (same.some(({ marker }) => marker === undefined)) return 'known';
  const pinned = known.filter(({ marker }) => marker === undefined);
  if (pinned.length > 0) return pinned.some(({ type }) => type === keyType(shown)) ? 'changed' : 'other-type';
  return known.some(({ marker }) => marker === '@cert-authority') ? 'authority' : 'unknown';
}

/**
 * Host key algorithms to ask for, those first whose keys are pinned (as ssh does): a host that has several keys shows
 * the first one that we ask for.
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
