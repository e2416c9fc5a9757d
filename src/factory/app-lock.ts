import { readFile } from 'node:fs/promises';
import { hrtime } from 'node:process';
import { LATEST } from '../image-tag.ts';
import { type Lock, takeLock } from '../lock.ts';
import * as messages from './messages/build.ts';
import { lockUnusable } from './messages/disk.ts';
import type { Output } from './output.ts';

/** When a build came to this factory: order among builds of one boot. */
export interface Arrival {
  bootId: string;
  /** Nanoseconds on the monotonic clock, which all processes share. */
  time: bigint;
}

export async function noteArrival(): Promise<Arrival> {
  const time = hrtime.bigint();
  return { bootId: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(), time };
}

/** The right to build an app here, alone. */
export interface AppLock extends AsyncDisposable {
  /** Call it before the image is pushed: builds that came earlier and still wait then give up. */
  markPushing(): Promise<void>;
}

interface LockOrder {
  app: string;
  /** Of the image that is to be pushed; undefined: latest. */
  tag: string | undefined;
  path: string;
  arrival: Arrival;
  output: Output;
  signal: AbortSignal;
}

/**
 * Waits until no other build of the app runs here, of another branch either: they share CACHE_DIR and the build context.
 * Such a wait may be long, and does not count towards the build's own time limit. flock(2) lets waiters in by chance, so
 * the lock file keeps the arrival of the build that pushed last, for each tag: one that came before it has since been
 * given up by port, and must not overwrite the newer image. Rejects with exit code 4 then.
 */
export async function takeAppLock({ app, tag = LATEST, path, arrival, output, signal }: LockOrder): Promise<AppLock> {
  const { bootId, time } = arrival;
  const lock = await takeInTurn(app, path, output, signal);
  const pushes = parsePushes(await readFile(path, 'utf8'), bootId);
  if ((pushes.get(tag) ?? 0n) > time) {
    await lock[Symbol.asyncDispose]();
    throw messages.overtaken(app);
  }
  return {
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
    async markPushing() {
      await lock.file.truncate();
      await lock.file.write(formatPushes(pushes.set(tag, time), bootId)); // the file was opened for appending: this is its start
    },
  };
}

async function takeInTurn(app: string, path: string, output: Output, signal: AbortSignal): Promise<Lock> {
  let waited = false;
  const onWait = () => {
    waited = true;
    output.event({ event: 'waiting' });
    output.heading(messages.waiting(app));
  };
  const lock = await takeLock(path, onWait, signal).catch((error: unknown) => {
    throw isSystemError(error) ? lockUnusable(path, error) : error;
  });
  if (waited) output.event({ event: 'building' });
  return lock;
}

/** The lines of a lock file; others in it are ignored. Without a tag: latest. */
const LAST_PUSH = /^([0-9a-f-]{36}) (\d{1,20})(?: ([\w.-]{1,128}))?$/;

/** The last arrival that was pushed, by tag; those of an earlier boot mean nothing. */
function parsePushes(text: string, bootId: string): Map<string, bigint> {
  const lines = text.split('\n').map((line) => LAST_PUSH.exec(line) ?? []);
  return new Map(lines.flatMap(([, boot, time = '0', tag = LATEST]) => (boot === bootId ? [[tag, BigInt(time)]] : [])));
}

function formatPushes(pushes: ReadonlyMap<string, bigint>, bootId: string): string {
  return [...pushes].map(([tag, time]) => `${bootId} ${time}${tag === LATEST ? '' : ` ${tag}`}`).join('\n');
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
