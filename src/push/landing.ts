import { type BuildRecord, Records } from '../port/records.ts';
import type { Repository } from '../port/repository.ts';
import { isAlive, readStat } from '../process.ts';

/** For a post-receive hook: the build that the gate made of this push, if it did; its record hears that git took it. */
export async function landBuild(repository: Repository, commit: string): Promise<BuildRecord | undefined> {
  const records = new Records(repository.state);
  const receivePack = await readStat(process.ppid);
  if (receivePack === undefined) return undefined;
  const record = (await records.latest()).find(
    ({ gate, outcome, ...build }) =>
      build.commit === commit &&
      outcome === 'built' &&
      gate?.pid === receivePack.pid &&
      gate.pidStart === receivePack.pidStart,
  );
  if (record !== undefined) await records.save(Object.assign(record, { landed: true }));
  return record;
}

/**
 * The build that latest in the warehouse is of, where the gate has let it through and git has not moved the branch:
 * not yet (`open`, its receive-pack is still there), or never.
 */
export async function findUnlanded(
  head: string | undefined,
  records: readonly BuildRecord[],
): Promise<{ build: BuildRecord; open: boolean } | undefined> {
  const build = lastBuilt(records);
  if (!build?.gate || build.landed || build.commit === head) return undefined;
  return { build, open: await isAlive(build.gate) };
}

/** Numbers are given before the lock is had: the order of their ends is the order in which images were pushed. */
function lastBuilt(records: readonly BuildRecord[]): BuildRecord | undefined {
  return records
    .filter(({ outcome }) => outcome === 'built')
    .reduce<BuildRecord | undefined>((last, each) => (isAfter(each, last) ? each : last), undefined);
}

function isAfter(build: BuildRecord, other: BuildRecord | undefined): boolean {
  return other === undefined || (build.finished ?? '') > (other.finished ?? '');
}
