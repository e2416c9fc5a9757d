import type { BuildRecord } from '../port/build-record.ts';
import type { Records } from '../port/records.ts';
import { type Repository, readHead } from '../port/repository.ts';

/**
 * Removes old records and logs: `doskara.keepBuilds` counts those of all branches. Of each branch that exists the last one
 * stays, and that of its image: without them, reconcile would build the head of a quiet branch again after many builds of
 * others.
 */
export async function pruneRecords(repository: Repository, records: Records): Promise<void> {
  const { keepBuilds } = repository.settings;
  const isOver = (await records.numbers()).length > keepBuilds;
  const lasts = isOver ? findLast(await records.ofAll().latest()) : [];
  const exist = await Promise.all(lasts.map(({ ref }) => readHead(repository, ref).catch(() => undefined)));
  await records.prune(
    keepBuilds,
    lasts.filter((_, i) => exist[i] !== undefined).map(({ number }) => number),
  );
}

/** The last build of each branch, and the last one that made an image. None where there is one branch. */
export function findLast(records: readonly BuildRecord[]): BuildRecord[] {
  const ofBranches = records.filter(
    ({ tag, why, outcome }) => tag !== null && why !== 'promote' && outcome !== 'superseded',
  );
  const byTag = [...Map.groupBy(ofBranches, ({ tag }) => tag).values()];
  if (byTag.length < 2) return [];
  return byTag.flatMap((builds) =>
    [builds[0], builds.find(({ outcome }) => outcome === 'built')].filter((each) => each !== undefined),
  );
}
