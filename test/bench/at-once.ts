import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from '../../src/lock.ts';
import type { Clone } from '../rig/clone.ts';

/**
 * Pushes all in the same instant. Returns how long the first and the last took, in seconds.
 *
 * Each waits for a lock, which is released once all of them wait. To start a hundred processes takes seconds if those that
 * started first use the processors, and meanwhile this process would not see that a push has ended.
 */
export async function pushAtOnce(clones: readonly Clone[], refspec = 'main'): Promise<{ first: number; last: number }> {
  const file = join(clones[0]?.folder ?? '.', '.git/doskara-bench.lock');
  await using lock = await takeLock(file, () => {});
  const { ino } = statSync(file);
  const pushes = clones.map((clone) => clone.pushOnceUnlocked(file, refspec));
  const tooSoon = Promise.race(pushes).then(({ all }) => Promise.reject(new Error(`a push did not wait: ${all}`)));
  tooSoon.catch(() => {}); // once none waits any longer, they may end
  while ((await waitingFor(ino)) < clones.length) await Promise.race([sleep(20), tooSoon]);
  const start = performance.now();
  await lock[Symbol.asyncDispose]();
  const ends = await Promise.all(pushes.map((push) => push.then(() => (performance.now() - start) / 1000)));
  return { first: Math.min(...ends), last: Math.max(...ends) };
}

async function waitingFor(inode: number): Promise<number> {
  const locks = (await readFile('/proc/locks', 'utf8')).split('\n');
  return locks.filter((line) => line.includes('->') && line.includes(`:${inode} `)).length;
}
