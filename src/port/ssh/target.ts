/** What ssh would do for a destination, from `ssh -G`. */
export interface SshTarget {
  destination: string;
  host: string;
  sshPort: number;
  user: string;
  /** The name under which known_hosts has its key. */
  knownAs: string;
  knownHostsFiles: string[];
  identityFiles: string[];
  /** Socket of the agent; undefined: none. */
  agent: string | undefined;
  /** Whether keys of the agent are tried that no identity file names. */
  identitiesOnly: boolean;
  /** Seconds. */
  connectTimeout: number;
  /** Seconds between keepalives. */
  aliveInterval: number;
  /** Whether ssh's configuration asks for compression; it is used on long ways in any case. */
  compression: boolean;
  /** `[user@]host[:port]`, comma separated, as in `ssh -J`. */
  proxyJump: string | undefined;
}
