import type { BuildRecord } from '../port/build-record.ts';
import { recordsOf } from '../port/records.ts';
import { type Repository, readHead } from '../port/repository.ts';
import { type BuiltRecord, buildsWithImage } from './choose-rollback.ts';

/** What the warehouse calls an app's latest. */
export interface Live {
  /** That of `refs/built/<branch>`. */
  commit: string;
  /** The build or rollback that made it the latest; undefined if its record is no longer kept. */
  build: BuiltRecord | undefined;
}

/**
 * undefined if nothing was built yet. `recent`: the newest records, of other tags, too; if the build is not among them,
 * all are read (not at once, since `doskara list` asks this of many apps).
 */
export async function readLive(repository: Repository, recent: readonly BuildRecord[]): Promise<Live | undefined> {
  const commit = await readHead(repository, `refs/built/${repository.settings.branch}`);
  if (commit === undefined) return undefined;
  const find = (records: readonly BuildRecord[]) =>
    buildsWithImage(records).find((build) => build.commit === commit && build.tag === repository.tag);
  return { commit, build: find(recent) ?? find(await recordsOf(repository).latest()) };
}
