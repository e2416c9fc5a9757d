import { type FileHandle, open } from 'node:fs/promises';
import { Trouble } from './errors.ts';
import { exec } from './exec.ts';
import { EXIT } from './exit-codes.ts';

/** A lock that the kernel releases when its holder dies, however it dies. */
export interface Lock extends AsyncDisposable {
  /** The locked file. */
  readonly file: FileHandle;
}

/**
 * Takes the exclusive flock(2) on a file, which is made if it is missing; `whileWaiting` is called once if somebody
 * else holds it. Rejects with the signal's reason when aborted.
 *
 * Node has no flock(2), so util-linux's `flock` takes it on our own open file: the lock belongs to the open file
 * description, which both processes share, and stays with us after the helper has ended
 * (https://man7.org/linux/man-pages/man2/flock.2.html). Node opens files close-on-exec: no other child inherits it.
 */
export async function takeLock(path: string, whileWaiting: () => void, signal?: AbortSignal): Promise<Lock> {
  const free = await tryLock(path, signal);
  if (free !== undefined) return free;
  whileWaiting();
  return lockFile(path, [], signal) as Promise<Lock>;
}

/** The same without waiting; resolves to undefined if another process holds the lock. */
export async function tryLock(path: string, signal?: AbortSignal): Promise<Lock | undefined> {
  return lockFile(path, [NO_WAIT], signal);
}

const NO_WAIT = '--nonblock';

async function lockFile(path: string, options: string[], signal?: AbortSignal): Promise<Lock | undefined> {
  const file = await open(path, 'a+', 0o600);
  const locked = await flock(file.fd, options, signal).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (locked) return { file, [Symbol.asyncDispose]: () => file.close() };
  await file.close();
  return undefined;
}

/** Exit code of flock(1) if another process holds the lock. */
const HELD = 9;

/**
 * Resolves to false if another process holds the lock; rejects with a Trouble (exit code 4) if flock(1) fails. If this
 * process dies, the kernel kills a flock that waits.
 */
async function flock(fd: number, options: string[], signal?: AbortSignal): Promise<boolean> {
  signal?.throwIfAborted();
  const command = ['flock', '--exclusive', '--conflict-exit-code', String(HELD), ...options, '3'];
  const { exitCode, reason } = await exec(command, {
    files: [fd],
    dieWithParent: !options.includes(NO_WAIT),
    killSignal: 'SIGKILL', // it has nothing to clean up
    ...(signal === undefined ? {} : { signal }),
  });
  signal?.throwIfAborted();
  if (reason === 'ENOENT') throw missingHelper();
  if (exitCode !== 0 && exitCode !== HELD) throw failedHelper(reason);
  return exitCode === 0;
}

function missingHelper(): Trouble {
  return new Trouble('no-flock', EXIT.factory, 'setpriv and flock are not installed', {
    hint: 'apt-get install util-linux',
  });
}

function failedHelper(reason: string): Trouble {
  return new Trouble('flock-failed', EXIT.factory, `cannot take the lock: flock: ${reason}`, {
    hint: 'try again; the commands setpriv and flock come with util-linux',
  });
}
