import { json } from 'node:stream/consumers';
import { MEASURE } from './image/dockerfile.ts';

/** A piece of BuildKit's cache that our Dockerfile made. */
export interface CacheRecord {
  id: string;
  /** Milliseconds since 1970. */
  lastUsed: number;
}

/** How BuildKit describes the steps that ran deps.sh or build.sh, and their cache mounts. */
const OURS = new RegExp(
  `^(?:mount /|cached mount \\S+) from exec (?:/bin/sh -c ${MEASURE} .* (?:build|deps) )?(?:/bin/sh (?:-e )?)?\\./(?:build|deps)\\.sh`,
);
/**
 * How it describes the app's files, which build.sh was run on; and those of everybody else. Engines from 23 on name the
 * step.
 */
const FILES = /^(?:fileop target|\[(?:[\w/.]+ )?[\w-]+ \d+\/\d+\] (?:ADD|WORKDIR) .*)$/;

interface DiskUsage {
  BuildCache?: CachePiece[];
}

/**
 * `Parent` until version 1.41 of the API; from 1.42 on a list, whose name begins with a space by mistake
 * (https://github.com/moby/moby/blob/v28.5.2/api/types/build/cache.go).
 */
interface CachePiece {
  ID: string;
  Parent?: string;
  ' Parents'?: string[];
  Parents?: string[];
  Description: string;
  InUse: boolean;
  LastUsedAt?: string;
}

/**
 * The unused build cache of ours. The docker CLI lists cache without saying what it is of, so the engine is asked
 * itself (https://docs.docker.com/reference/api/engine/version/v1.41/#tag/System/operation/SystemDataUsage); where it
 * isn't behind a local socket, none is found and none is removed.
 */
export async function readCacheRecords(dockerHost = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock') {
  if (!dockerHost.startsWith('unix://')) return [];
  const usage = await get(dockerHost.slice('unix://'.length), '/system/df').catch(() => ({}) as DiskUsage);
  return ours(usage.BuildCache ?? [])
    .filter(({ InUse }) => !InUse)
    .map(({ ID, LastUsedAt }): CacheRecord => ({ id: ID, lastUsed: Date.parse(LastUsedAt ?? '') || 0 }));
}

/**
 * What deps.sh and build.sh made, and the files that they were run on, each after what stands on it: BuildKit removes
 * nothing else.
 */
export function ours(pieces: readonly CachePiece[]): CachePiece[] {
  const made = pieces.filter(({ Description }) => OURS.test(Description));
  const found = new Set(made);
  // a set that grows is walked to its end
  for (const piece of found) {
    const below = parentsOf(piece);
    for (const parent of pieces) if (below.includes(parent.ID) && FILES.test(parent.Description)) found.add(parent);
  }
  return topFirst([...found]);
}

function topFirst(pieces: readonly CachePiece[]): CachePiece[] {
  const byId = new Map(pieces.map((piece) => [piece.ID, piece]));
  const below = (piece: CachePiece) => parentsOf(piece).flatMap((id) => byId.get(id) ?? []);
  const burdens = new Map<CachePiece, number>();
  for (const parent of pieces.flatMap(below)) burdens.set(parent, (burdens.get(parent) ?? 0) + 1);
  const sorted = pieces.filter((piece) => !burdens.has(piece));
  for (const piece of sorted)
    for (const parent of below(piece)) {
      const left = (burdens.get(parent) ?? 0) - 1;
      burdens.set(parent, left);
      if (left === 0) sorted.push(parent);
    }
  return sorted;
}

function parentsOf(piece: CachePiece): string[] {
  return [piece.Parent, ...(piece[' Parents'] ?? []), ...(piece.Parents ?? [])].filter((id) => id !== undefined);
}

/** node:http takes as long to load as a third of all the rest of a build's start, and few builds come here. */
async function get(socketPath: string, path: string): Promise<DiskUsage> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request({ socketPath, path, timeout: 60_000 }, (response) => {
      json(response).then((value) => resolve(value as DiskUsage), reject);
    })
      .on('error', reject)
      .end();
  });
}
