/**
 * The order in which a key tries names, its home first: rendezvous hashing
 * (https://en.wikipedia.org/wiki/Rendezvous_hashing). It depends on nothing else and spreads keys evenly. When a name is
 * removed, only the keys whose home it was move, each to its next name.
 */
export function rankFor(key: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, weight: hash(`${name} ${key}`) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** 32 bits: FNV-1a, and the last steps of MurmurHash3, without which similar texts have similar hashes. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (const byte of Buffer.from(text)) bits = Math.imul(bits ^ byte, 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
