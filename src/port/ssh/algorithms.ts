/** Algorithms of one kind that a server offers, none of which we have. */
export interface Mismatch {
  /** What they are for. */
  what: string;
  /** Sshd's own keyword for them: https://man.openbsd.org/sshd_config */
  keyword: string;
  /** Such that we have. */
  known: string;
  offered: string[];
}

type Kind = Omit<Mismatch, 'offered'>;
const CIPHER: Kind = { what: 'cipher', keyword: 'Ciphers', known: 'aes256-gcm@openssh.com' };
const MAC: Kind = { what: 'MAC', keyword: 'MACs', known: 'hmac-sha2-256-etm@openssh.com' };

/** As ssh2 calls them. */
const KINDS: Record<string, Kind> = {
  'KEX method': { what: 'key exchange', keyword: 'KexAlgorithms', known: 'curve25519-sha256' },
  'Host key format': { what: 'host key algorithm', keyword: 'HostKeyAlgorithms', known: 'ssh-ed25519,rsa-sha2-512' },
  'C->S cipher': CIPHER,
  'S->C cipher': CIPHER,
  'C->S MAC': MAC,
  'S->C MAC': MAC,
};

/** Names of ssh's protocol that stand in the list of key exchanges, and are none. */
const NO_ALGORITHM = /^(?:ext-info-|kex-strict-)/;

/**
 * Why an ssh connection fails for want of a common algorithm. ssh2 tells the server's lists nowhere but in its debug
 * lines, each of them right before it looks for a match: the last one is that without.
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

/** What a server calls so may be anything, and goes into a line that people paste. */
const isAlgorithm = (name: string) => /^[\w@.+-]{1,64}$/.test(name) && !NO_ALGORITHM.test(name);
