/** How an app's files are spread over layers, as values: nothing here touches a file. */
import { createHash } from 'node:crypto';
import type { Part } from '../archive/parts.ts';

/** A tar of parts of an app, and the layer that docker makes of it. */
export interface Layer {
  /** Its name in the build context, which is of its content: the same name is the same bytes. */
  file: string;
  parts: Part[];
  /** What all its entries are given as their time, in seconds since 1970. */
  mtime: number;
}

/** The folders that had layers in one build. */
export interface PastBuild {
  /** Empty: of a tarball that doesn't say. */
  commit: string;
  folders: Record<string, { digest: string; mtime: number }>;
}

/** A smaller folder gets no layer of its own: a layer takes docker about as long as sending this many bytes. */
const MIN_LAYER_BYTES = 8 * 1024 ** 2;
const MAX_LAYERS = 16;
const MAX_PAST_BUILDS = 50;

/**
 * Spreads an app over layers: one for each of its big folders, those first that have changed least lately, and one for
 * the rest. A folder that is as it was in the build before keeps the time that it had then, so that its layer has the
 * same bytes; one that has changed gets the commit's time. (Not the time of any earlier build with the same content:
 * after a revert, make and cargo would take what they have since built in CACHE_DIR for newer than the sources.)
 * A commit that was built before is spread as it was then. `parts`: none where the archive can't be cut.
 */
export function planLayers(
  parts: readonly Part[],
  commit: string | undefined,
  commitTime: number,
  history: readonly PastBuild[],
): { layers: Layer[]; history: PastBuild[] } {
  const big = parts.filter(({ name, bytes }) => name !== '' && bytes >= MIN_LAYER_BYTES);
  if (commit === undefined || big.length === 0)
    return { layers: [], history: history.length === 0 ? [] : remember(commit, {}, history) };
  const before = (history.find((build) => build.commit === commit) ?? history[0])?.folders ?? {};
  const chosen = big.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_LAYERS);
  const timed = chosen.map((part) => ({ part, mtime: timeOf(part, before, commitTime) }));
  const folders = timed.map(({ part: { name, digest }, mtime }) => [name, { digest, mtime }] as const);
  return {
    layers: [
      ...timed
        .toSorted((a, b) => a.mtime - b.mtime || (a.part.name < b.part.name ? -1 : 1))
        .map(({ part, mtime }) => makeLayer([part], mtime)),
      makeLayer(
        parts.filter((part) => !chosen.includes(part)),
        commitTime,
      ),
    ],
    history: remember(commit, Object.fromEntries(folders), history),
  };
}

/** Builds without layers count, too: build.sh leaves its results in CACHE_DIR. */
function remember(commit = '', folders: PastBuild['folders'], history: readonly PastBuild[]): PastBuild[] {
  return [{ commit, folders }, ...history.filter((build) => build.commit !== commit)].slice(0, MAX_PAST_BUILDS);
}

function timeOf({ name, digest }: Part, before: PastBuild['folders'], commitTime: number): number {
  const known = Object.hasOwn(before, name) ? before[name] : undefined;
  return known?.digest === digest ? known.mtime : commitTime;
}

function makeLayer(parts: Part[], mtime: number): Layer {
  const hash = createHash('sha256').update(`${mtime}`);
  for (const { name, digest } of parts) hash.update(`\0${name}\0${digest}`);
  return { file: `layer-${hash.digest('hex')}.tar`, parts, mtime };
}
