/** Algorithms of one kind that a server offers, none of which ssh2 supports. */
export interface Mismatch {
  /** The kind, for people. */
  what: string;
  /** Sshd's own keyword for them: https://man.openbsd.org/sshd_config */
  keyword: string;
  /** Supported ones. */
  known: string;
  offered: string[];
}

type Kind = Omit<Mismatch, 'offered'>;
const CIPHER: Kind = { what: 'cipher', keyword: 'Ciphers', known: 'aes256-gcm@openssh.com' };
const MAC: Kind = { what: 'MAC', keyword: 'MACs', known: 'hmac-sha2-256-etm@openssh.com' };

/** By ssh2's names. */
const KINDS: Record<string, Kind> = {
  'KEX method': { what: 'key exchange', keyword: 'KexAlgorithms', known: 'curve25519-sha256' },
  'Host key format': { what: 'host key algorithm', keyword: 'HostKeyAlgorithms', known: 'ssh-ed25519,rsa-sha2-512' },
  'C->S cipher': CIPHER,
  'S->C cipher': CIPHER,
  'C->S MAC': MAC,
  'S->C MAC': MAC,
};

/** Markers in the list of key exchanges that are not algorithms. */
const NO_ALGORITHM = /^(?:ext-info-|kex-strict-)/;

/**
 * Finds the kind of algorithm without a match. ssh2 gives the server's lists only in debug lines, each right before it
 * looks for a match: the last list is the one without.
 */
export function makeMismatchReader(): { hear(line: string): void; read(error: Error): Mismatch | undefined } {
  let last: Mismatch | undefined;
  return {
    hear(line) {
      const [, name = '', list = ''] = /^Handshake: \(remote\) ([^:]+): (.*)$/.exec(line) ?? [];
      const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
      if (kind !== undefined) last = { ...kind, offered: list.split(',').filter(isAlgorithm) };
    },
    read: ({ message }) => (/no matching/.test(message) ? last : undefined),
  };
}

/** A server may send anything, and the hint is for people to paste. */
const isAlgorithm = (name: string) => /^[\w@.+-]{1,64}$/.test(name) && !NO_ALGORITHM.test(name);
