import { readFile } from 'node:fs/promises';
import { hrtime } from 'node:process';
import { takeLock } from '../lock.ts';
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

/** The content of the lock file; anything else in it is ignored. */
const LAST_PUSH = /^([0-9a-f-]{36}) (\d{1,20})$/;

/**
 * Waits until no other build of the app runs here. flock(2) lets waiters in by chance, so the lock file keeps the
 * arrival of the build that pushed last: one that came before it has since been given up by port, and must not
 * overwrite the newer image. Rejects with exit code 4 then.
 */
export async function takeAppLock(
  app: string,
  path: string,
  { bootId, time }: Arrival,
  output: Output,
  signal: AbortSignal,
): Promise<AppLock> {
  const lock = await takeLock(path, () => output.heading(messages.waiting(app)), signal).catch((error: unknown) => {
    throw isSystemError(error) ? lockUnusable(path, error) : error;
  });
  const [, lastBoot, lastTime = '0'] = LAST_PUSH.exec(await readFile(path, 'utf8')) ?? [];
  if (lastBoot === bootId && BigInt(lastTime) > time) {
    await lock[Symbol.asyncDispose]();
    throw messages.overtaken(app);
  }
  return {
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
    async markPushing() {
      await lock.file.truncate();
      await lock.file.write(`${bootId} ${time}`); // the file was opened for appending: this is its start
    },
  };
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
