/** Which images of an app can go from the warehouse, as values: nothing here asks it. */
import { isCommitId } from '../../commit-id.ts';
import type { Push } from './pushes.ts';

/** What the warehouse has of an app. */
export interface StoredImages {
  /** Tags, and the digests that they stand for. */
  tags: ReadonlyMap<string, string>;
  /** Digests, and those that their manifests list: an index has one for each platform. */
  manifests: ReadonlyMap<string, readonly string[]>;
  /** Digests that others refer to: signatures, SBOMs. */
  subjects: ReadonlySet<string>;
}

export interface Obsolete {
  digests: string[];
  /** The tags that go with them. */
  tags: string[];
  /** Tags of commits that this factory did not push, or not as they are now. */
  unknown: number;
}

/** However many pushes a day has. */
const MIN_AGE_MS = 24 * 3600 * 1000;

/**
 * Everything that this factory has pushed, except the newest `keep` images, what is younger than a day, and what is used
 * otherwise: it has another tag, is part of an index that stays, or something refers to it. `pushes`: newest first.
 */
export function chooseObsolete(pushes: readonly Push[], stored: StoredImages, keep: number, now: number): Obsolete {
  const { tags, manifests, subjects } = stored;
  const ours = new Set(pushes.map(({ commit, digest }) => `${commit} ${digest}`));
  const isForeign = ([tag, digest]: readonly [string, string]) => !isCommitId(tag) || !ours.has(`${tag} ${digest}`);
  const foreign = [...tags].filter(isForeign);
  const used = foreign.flatMap(([tag, digest]) => [digest, ...referredBy(tag)]);
  const staying = withListed([...stayingByAge(pushes, keep, now), ...subjects, ...used], manifests);
  const roots = pushes.map(({ digest }) => digest).filter((digest) => manifests.has(digest));
  const obsolete = withListed(
    roots.filter((digest) => !staying.has(digest)),
    manifests,
  );
  const digests = [...obsolete].filter((digest) => !staying.has(digest));
  return {
    digests,
    tags: [...tags].filter(([, digest]) => digests.includes(digest)).map(([tag]) => tag),
    unknown: foreign.filter(([tag]) => isCommitId(tag)).length,
  };
}

/** The digests, and all that their manifests list. */
function withListed(digests: readonly string[], manifests: StoredImages['manifests']): Set<string> {
  const all = new Set(digests);
  // a set that grows is walked to its end
  for (const digest of all) for (const listed of manifests.get(digest) ?? []) all.add(listed);
  return all;
}

/** The scheme of tags for registries that do not index what refers to an image. */
function referredBy(tag: string): string[] {
  const [, hash] = /^sha256-([0-9a-f]{64})/.exec(tag) ?? [];
  return hash === undefined ? [] : [`sha256:${hash}`];
}

/** A clock may have been wrong: what was pushed in the future is young. */
function stayingByAge(pushes: readonly Push[], keep: number, now: number): Set<string> {
  const newest = [...new Set(pushes.map(({ digest }) => digest))].slice(0, keep);
  const young = pushes.filter(({ time }) => time > now - MIN_AGE_MS).map(({ digest }) => digest);
  return new Set([...newest, ...young]);
}
