import { readFile } from 'node:fs/promises';
import type { Lock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import type { Records } from '../port/records.ts';

/**
 * Whether a build took the lock after another, and so pushed its image later. Numbers are assigned before the lock is
 * taken, and clocks may be wrong. Each tag has a count of turns. Builds that never took the lock, and old records, are
 * compared by number.
 */
export function ranAfter(build: BuildRecord, other: BuildRecord): boolean {
  const [turn, before] = [build.turn ?? 0, other.turn ?? 0]; // turns count from 1
  return turn > 0 && before > 0 && build.tag === other.tag ? turn > before : build.number > other.number;
}

/** Returns the build that took the app's lock last. */
export function latestBuild<R extends BuildRecord>(builds: readonly R[]): R | undefined {
  return builds.reduce<R | undefined>(
    (last, each) => (last === undefined || ranAfter(each, last) ? each : last),
    undefined,
  );
}

/** Increments the count of turns in the lock's file and returns it. Without one, it continues from the records. */
export async function incrementTurn(lock: Lock, lockFile: string, records: Records): Promise<number> {
  const saved = /^\d{1,15}$/.exec((await readFile(lockFile, 'utf8')).trim())?.[0];
  const before =
    saved === undefined ? Math.max(0, ...(await records.latest()).map(({ turn }) => turn ?? 0)) : Number(saved);
  await lock.file.truncate();
  await lock.file.write(`${before + 1}\n`); // at the start: the file is open for appending, and empty
  return before + 1;
}
