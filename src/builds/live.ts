import type { BuildRecord } from '../port/build-record.ts';
import type { Records } from '../port/records.ts';
import { type Repository, readHead } from '../port/repository.ts';
import { type BuiltRecord, buildsWithImage } from './rollback.ts';

/** What the warehouse calls an app's latest. */
export interface Live {
  /** That of `refs/built/<branch>`. */
  commit: string;
  /** The build or rollback that made it the latest; undefined if its record is no longer kept. */
  build: BuiltRecord | undefined;
}

/** How many builds are searched first: `doskara list` reads the records of many apps. */
const RECENT_BUILDS = 5;

/** undefined if nothing was built yet. */
export async function readLive(repository: Repository, records: Records): Promise<Live | undefined> {
  const commit = await readHead(repository, `refs/built/${repository.settings.branch}`);
  if (commit === undefined) return undefined;
  const build =
    findLiveBuild(commit, await records.latest(RECENT_BUILDS)) ?? findLiveBuild(commit, await records.latest());
  return { commit, build };
}

export function findLiveBuild(commit: string, records: readonly BuildRecord[]): BuiltRecord | undefined {
  return buildsWithImage(records).find((build) => build.commit === commit);
}
