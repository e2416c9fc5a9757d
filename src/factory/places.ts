import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lock, takeLock, tryLock } from '../lock.ts';

/** The right to build, which ends with its holder. */
export interface Place extends AsyncDisposable {
  /** Whether it was free at once. */
  waited: boolean;
}

/** Each builder has its own; the engine is none, and no builder has its name. */
export const placesOf = (spool: string, builder: string): string => join(spool, 'places', builder || '@engine');

/** How often a waiting build looks at its place in the queue. */
const LOOK_INTERVAL_MS = 1000;

/**
 * Takes one of `limit` places, in order of arrival. Calls `tell` with the number of builds ahead, at first and when it
 * changes. Rejects with the signal's reason, and then leaves the queue.
 *
 * A place is a file, and belongs to whoever has locked it. A build that waits has locked a ticket, and waits for the
 * lock of the ticket before its own, which is released when its owner gets a place, gives up or dies. Only the first in
 * the queue waits for the places themselves.
 */
export async function takePlace(
  folder: string,
  limit: number,
  tell: (before: number) => void,
  signal: AbortSignal,
): Promise<Place> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const places = Array.from({ length: limit }, (_, i) => join(folder, `place-${i + 1}`));
  const free = (await readTickets(folder)).length === 0 ? await takeFree(places, signal) : undefined;
  if (free !== undefined) return { waited: false, [Symbol.asyncDispose]: () => free[Symbol.asyncDispose]() };
  await using ticket = await drawTicket(folder, signal);
  const looking = startTelling(() => countBefore(folder, ticket.number), tell);
  try {
    await waitForTurn(folder, ticket.number, signal);
    const place = await takeAny(places, signal);
    return { waited: true, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
  } finally {
    clearInterval(looking);
  }
}

/** Begins anywhere: builds that come together would all try the first places first. */
async function takeFree(places: readonly string[], signal: AbortSignal): Promise<Lock | undefined> {
  const start = Math.floor(Math.random() * places.length);
  for (const place of [...places.slice(start), ...places.slice(0, start)]) {
    const lock = await tryLock(place, signal);
    if (lock !== undefined) return lock;
  }
  return undefined;
}

interface Ticket extends AsyncDisposable {
  number: number;
}

const ticketFile = (folder: string, number: number) => join(folder, `ticket-${number}`);

/** In order, with those of dead processes. */
async function readTickets(folder: string): Promise<number[]> {
  const numbers = (await readdir(folder)).flatMap((name) => /^ticket-(\d{1,15})$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** Nobody sees a ticket before its owner has locked it: whoever looks at it has drawn a later one. */
async function drawTicket(folder: string, signal: AbortSignal): Promise<Ticket> {
  await using _drawing = await takeLock(join(folder, 'drawing'), () => {}, signal);
  const number = ((await readTickets(folder)).at(-1) ?? 0) + 1;
  const file = ticketFile(folder, number);
  const lock = await takeLock(file, () => {}, signal).catch(async (error: unknown) => {
    await rm(file, { force: true });
    throw error;
  });
  return {
    number,
    async [Symbol.asyncDispose]() {
      await rm(file, { force: true });
      await lock[Symbol.asyncDispose]();
    },
  };
}

/**
 * Earlier numbers are not drawn again while this one exists, so the file before it can be removed. A removed file may come
 * back, unlocked, when another one that waits for it opens it.
 */
async function waitForTurn(folder: string, number: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const before = (await readTickets(folder)).findLast((other) => other < number);
    if (before === undefined) return;
    const file = ticketFile(folder, before);
    await using _ended = await takeLock(file, () => {}, signal);
    await rm(file, { force: true });
  }
}

/** The lock of the first file that is free. */
async function takeAny(files: readonly string[], signal: AbortSignal): Promise<Lock> {
  signal.throwIfAborted();
  const enough = new AbortController();
  const end = () => enough.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  const attempts = files.map((file) => takeLock(file, () => {}, enough.signal));
  try {
    const taken = await Promise.any(attempts);
    for (const attempt of attempts)
      attempt.then((lock) => (lock === taken ? undefined : lock[Symbol.asyncDispose]())).catch(() => {});
    return taken;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    signal.removeEventListener('abort', end);
    enough.abort();
  }
}

/** Counts one of the running builds, which must end, too. */
async function countBefore(folder: string, number: number): Promise<number> {
  return (await readTickets(folder)).filter((other) => other < number).length + 1;
}

function startTelling(count: () => Promise<number>, tell: (before: number) => void): NodeJS.Timeout {
  let told: number | undefined;
  const look = async () => {
    const before = await count();
    if (before !== told) tell(before);
    told = before;
  };
  const looks = () => void look().catch(() => {}); // a spool that is gone ends the wait itself
  looks();
  return setInterval(looks, LOOK_INTERVAL_MS);
}

/** How many builds have a place here, and how many wait for one. */
export async function countPlaces(folder: string, limit: number): Promise<{ taken: number; waiting: number }> {
  const waiting = await readTickets(folder).catch(() => []);
  let taken = 0;
  for (let i = 1; i <= limit; i++) {
    const file = join(folder, `place-${i}`);
    const exists = await open(file).then(
      (handle) => handle.close().then(() => true),
      () => false,
    );
    if (!exists) continue;
    await using free = await tryLock(file);
    if (free === undefined) taken += 1;
  }
  return { taken, waiting: waiting.length };
}
