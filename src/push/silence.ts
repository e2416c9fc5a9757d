/** Milliseconds: shorter outages are nothing that a push does not live through. */
const LONGEST = 45_000;

/**
 * Hears, at times in milliseconds, how often the kernel has repeated something in vain; returns whether that has gone on
 * for too long. Every answer begins anew, also one between two looks: the count is smaller then.
 */
export function watchSilence(): (count: number, time: number) => boolean {
  let before = 0;
  let since = 0;
  return (count, time) => {
    if (before === 0 || count < before) since = time;
    before = count;
    return count > 0 && time - since >= LONGEST;
  };
}
