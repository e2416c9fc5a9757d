/** How often a factory has been tried in vain. */
export interface Tries {
  /** Times that nobody answered. */
  unreachable: number;
  /** Times that the connection was closed before ssh began. */
  busy: number;
  /** Milliseconds since the first try. */
  since: number;
}

/** Milliseconds before the second and the third try where nobody answers. */
const PAUSES = [1000, 3000];

/** Milliseconds for which a busy factory is asked, and between two tries: about so many first, so many at the longest. */
const PATIENCE = 60_000;
const FIRST = 250;
const LONGEST = 5000;

/**
 * Milliseconds until a factory is tried again; undefined: that is over, or would not help. sshd drops new connections
 * while many others log in (MaxStartups), so the pauses grow, and as `random` (from 0 to 1) says they are up to a half
 * shorter or longer: what was dropped together must not come back together. The last try is at the end of our patience.
 */
export function pauseBeforeTry(code: string, tries: Tries, random: number): number | undefined {
  if (code === 'ssh-connect') return PAUSES[tries.unreachable - 1];
  if (code !== 'ssh-busy' || tries.since >= PATIENCE) return undefined;
  const pause = Math.min(FIRST * 2 ** (tries.busy - 1), LONGEST) * (0.5 + random);
  return Math.min(pause, PATIENCE - tries.since);
}
