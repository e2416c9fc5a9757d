import { readFile } from 'node:fs/promises';
import type { Lock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Records } from '../port/records.ts';

/**
 * Whether one build had its turn after another, which is the order in which images were pushed. Numbers are given before
 * the lock is had, and clocks go wrong; a build that never had the lock, or is older than turns, has its number alone.
 */
export function isAfter(build: BuildRecord, other: BuildRecord): boolean {
  const [turn, before] = [build.turn ?? 0, other.turn ?? 0]; // they count from 1
  return turn > 0 && before > 0 ? turn > before : build.number > other.number;
}

/** The one of them that had its turn last. */
export function lastOf<R extends BuildRecord>(builds: readonly R[]): R | undefined {
  return builds.reduce<R | undefined>(
    (last, each) => (last === undefined || isAfter(each, last) ? each : last),
    undefined,
  );
}

/** Counts a turn; to be called by who holds the lock, whose file has the count. Where it is lost, the records tell. */
export async function countTurn(lock: Lock, lockFile: string, records: Records): Promise<number> {
  const kept = /^\d{1,15}$/.exec((await readFile(lockFile, 'utf8')).trim())?.[0];
  const before =
    kept === undefined ? Math.max(0, ...(await records.latest()).map(({ turn }) => turn ?? 0)) : Number(kept);
  await lock.file.truncate();
  await lock.file.write(`${before + 1}\n`); // the file was opened for appending: this is its start
  return before + 1;
}
