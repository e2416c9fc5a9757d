/**
 * Tags that an admin has given to images with `doskara promote`. Git keeps them as refs/promoted/<tag>, at the commits:
 * they are there as long as the tags are, longer than records, are in a backup, keep git from removing the commits, and
 * whoever fetches sees them. Who did it, when, and the digest are in a record.
 */
import { isImageTag, isReservedTag } from '../image-tag.ts';
import type { Repository } from './repository.ts';

const REFS = 'refs/promoted/';

export const promotedRef = (tag: string) => `${REFS}${tag}`;

/** Stricter than OCI: git must take it as the name of a ref, too. */
export function isPromotableTag(tag: string): boolean {
  return isImageTag(tag) && !isReservedTag(tag) && !/\.\.|\.(?:lock)?$/.test(tag);
}

export async function listPromoted({ git }: Pick<Repository, 'git'>): Promise<{ tag: string; commit: string }[]> {
  const list = await git('for-each-ref', '--count=1000', '--format=%(objectname) %(refname)', REFS);
  return list
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
    .map(([commit = '', ref = '']) => ({ tag: ref.slice(REFS.length), commit }));
}
