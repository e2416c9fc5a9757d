/** Identifies one life of an app, and its caches and secrets on factories: 128 bits at random, in hexadecimal digits. */
export function isCacheId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
