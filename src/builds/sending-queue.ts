import { rmSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, thisProcess } from '../proc-stat.ts';

/**
 * Bounds the builds that port sends to one factory at once. One that is sent needs a connection, a process and its
 * archive on the factory, even while the factory builds others first. Those beyond the bound wait here, in order of
 * arrival.
 */
export interface SendingQueue {
  /** Joins the queue. Resolves to whether this build may be sent at once. */
  mayGo(): Promise<boolean>;
  /**
   * Joins the queue, if `mayGo` has not, and waits until the build may be sent. Calls `tell` with the number of builds
   * ahead, at first and each time it has halved. Resolves to whether it had to wait. Rejects with the signal's reason.
   */
  wait(tell: (ahead: number) => void, signal: AbortSignal): Promise<boolean>;
  leave(): void;
}

/** For each place in the queue: builds far behind look less often, since each look takes CPU time. */
const POLL_INTERVAL_MS = 500;
const MAX_POLL_INTERVAL_MS = 5000;

/**
 * A build in the queue is a file of its process in the user's cache, where all repositories of port find it. Where it
 * cannot be written, there is no queue.
 */
export function openSendingQueue(factory: string, limit: number): SendingQueue {
  const folder = join(homedir(), '.cache/doskara/sending', encodeURIComponent(factory));
  let joining: Promise<string> | undefined;
  const countAhead = async () => {
    joining ??= joinQueue(folder);
    return countBefore(folder, await joining, limit).catch(() => 0);
  };
  return {
    mayGo: async () => (await countAhead()) < limit,
    async wait(tell, signal) {
      let told: number | undefined;
      for (let ahead = await countAhead(); ahead >= limit; ahead = await countAhead()) {
        if (told === undefined || ahead <= told / 2) {
          tell(ahead);
          told = ahead;
        }
        const delayMs = Math.min((ahead - limit + 1) * POLL_INTERVAL_MS, MAX_POLL_INTERVAL_MS);
        await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
      return told !== undefined;
    },
    leave() {
      void joining?.then((name) => rmSync(join(folder, name), { force: true })).catch(() => {});
      joining = undefined;
    },
  };
}

/** Returns the file's name. Names sort by the time of arrival, in milliseconds since 1970. */
async function joinQueue(folder: string): Promise<string> {
  const { pid, pidStart } = await thisProcess();
  const name = `${String(Date.now()).padStart(15, '0')}-${pid}-${pidStart}`;
  await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => writeFile(join(folder, name), ''))
    .catch(() => {});
  return name;
}

/** Removes those of dead processes that would make this one wait. */
async function countBefore(folder: string, name: string, limit: number): Promise<number> {
  const before = (await readdir(folder)).filter((other) => NAME.test(other) && other < name).sort();
  if (before.length < limit) return before.length;
  const alive = await Promise.all(before.slice(0, limit + 1).map(isOfLiveProcess));
  const dead = before.filter((_, i) => alive[i] === false);
  for (const each of dead) rmSync(join(folder, each), { force: true });
  return before.length - dead.length;
}

const NAME = /^\d{15}-(\d+)-(\d+)$/;

function isOfLiveProcess(name: string): Promise<boolean> {
  const [, pid, pidStart = ''] = NAME.exec(name) ?? [];
  return isAlive({ pid: Number(pid), pidStart });
}
