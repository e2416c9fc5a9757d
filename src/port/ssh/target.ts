/** ssh's settings for a destination, from `ssh -G`. */
export interface SshTarget {
  destination: string;
  host: string;
  sshPort: number;
  user: string;
  /** The host's name in known_hosts. */
  knownAs: string;
  knownHostsFiles: string[];
  identityFiles: string[];
  /** Socket of the agent; undefined: none. */
  agent: string | undefined;
  /** IdentitiesOnly: try the identity files before the agent. */
  identitiesOnly: boolean;
  /** Seconds. */
  connectTimeout: number;
  /** Seconds between keepalives. */
  aliveInterval: number;
  /** Whether ssh's configuration asks for compression; far factories get it anyway. */
  compression: boolean;
  /** `[user@]host[:port]`, comma separated, as in `ssh -J`. */
  proxyJump: string | undefined;
}
