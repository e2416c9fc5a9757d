import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type Place, takePlace } from '../../../src/factory/places.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-places-'));
let folder = '';

beforeEach(() => {
  folder = join(mkdtempSync(join(root, 'spool-')), 'places');
});
afterAll(() => rmSync(root, { recursive: true }));

const tickets = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('ticket-')) : []);

interface Taker {
  /** What was told. */
  before: number[];
  taken: Promise<Place>;
}

/** Queues up; resolves when it is in the queue, or has a place. */
async function queue(limit: number, signal = new AbortController().signal): Promise<Taker> {
  const before: number[] = [];
  const { promise: queued, resolve } = Promise.withResolvers<void>();
  const tell = (count: number) => {
    before.push(count);
    resolve();
  };
  const taken = takePlace(folder, limit, tell, signal);
  taken.catch(() => {});
  await Promise.race([queued, taken]);
  return { before, taken };
}

/** Another process that has a place, or waits for one. */
async function startTaker(limit: number): Promise<ChildProcess> {
  const source = new URL('../../../src/factory/places.ts', import.meta.url).href;
  const script = `const { takePlace } = await import(${JSON.stringify(source)});
    await takePlace(${JSON.stringify(folder)}, ${limit}, () => console.log('waits'), new AbortController().signal);
    console.log('has it');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('as many places as there are can be had at once, without a queue', async () => {
  const takers = [await queue(2), await queue(2)];
  const places = await Promise.all(takers.map(({ taken }) => taken));
  expect(places.map(({ waited }) => waited)).toEqual([false, false]);
  expect(takers.flatMap(({ before }) => before)).toEqual([]);
  expect(tickets()).toEqual([]);
  for (const place of places) await place[Symbol.asyncDispose]();
});

test('who waits is told how many come before, and gets a place in order of arrival', async () => {
  const first = await (await queue(1)).taken;
  const waiting: Taker[] = [];
  for (let i = 0; i < 4; i++) waiting.push(await queue(1));
  expect(waiting.map(({ before }) => before[0])).toEqual([1, 2, 3, 4]);
  const order: number[] = [];
  const all = waiting.map(async ({ taken }, i) => {
    await using place = await taken;
    order.push(i);
    expect(place.waited).toBe(true);
    if (i === 0) await expect.poll(() => waiting[3]?.before.at(-1), { timeout: 10_000 }).toBe(3);
  });
  await first[Symbol.asyncDispose]();
  await Promise.all(all);
  expect(order).toEqual([0, 1, 2, 3]);
  expect(tickets()).toEqual([]);
});

test('nobody overtakes those who wait', async () => {
  const [one, two] = [await (await queue(2)).taken, await (await queue(2)).taken];
  const waiting = await queue(2);
  const later = await queue(2);
  await one[Symbol.asyncDispose]();
  const place = await waiting.taken;
  await expect.poll(tickets).toHaveLength(1);
  await two[Symbol.asyncDispose]();
  await (await later.taken)[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

test('who gives up leaves the queue at once', async () => {
  const first = await (await queue(1)).taken;
  const ending = new AbortController();
  const second = await queue(1, ending.signal);
  const third = await queue(1);
  ending.abort(new Error('enough'));
  await expect(second.taken).rejects.toThrow('enough');
  await expect.poll(() => third.before, { timeout: 10_000 }).toEqual([2, 1]);
  await first[Symbol.asyncDispose]();
  await (await third.taken)[Symbol.asyncDispose]();
  expect(tickets()).toEqual([]);
});

test('who waits first for a place can give up', async () => {
  await using _first = await (await queue(1)).taken;
  const ending = new AbortController();
  const second = await queue(1, ending.signal);
  ending.abort(new Error('enough'));
  await expect(second.taken).rejects.toThrow('enough');
  expect(tickets()).toEqual([]);
});

test('places and tickets of killed processes are free', async () => {
  const holder = await startTaker(1);
  const waiter = await startTaker(1);
  const third = await queue(1);
  expect(third.before).toEqual([2]);
  waiter.kill('SIGKILL');
  await expect.poll(() => third.before, { timeout: 10_000 }).toEqual([2, 1]);
  holder.kill('SIGKILL');
  await (await third.taken)[Symbol.asyncDispose]();
  expect(tickets()).toEqual([]);
});
