/** How long the names of an app's files may be: port checks those of a commit, the factory those of an archive. */

/** Linux's PATH_MAX and NAME_MAX. */
export const MAX_NAME_BYTES = 4096;
export const MAX_COMPONENT_BYTES = 255;

/** Bytes of all names, which are kept in memory. */
export function maxNames(maxEntries: number): number {
  return 1024 ** 2 + maxEntries * 256;
}
