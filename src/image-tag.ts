/** The tags of an app's images, as both machines know them. */
import { isCommitId } from './commit-id.ts';

/** The tag of the main branch's image. */
export const LATEST = 'latest';

/** Where the registry keeps the build cache of an app, beside its images. */
export const CACHE_TAG = 'buildcache';

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export function isImageTag(text: string): boolean {
  return TAG.test(text);
}

/** Whether Doskara itself sets this tag, for something else than the image of a certain branch. */
export function isReservedTag(tag: string): boolean {
  return tag === LATEST || tag === CACHE_TAG || isCommitId(tag);
}
