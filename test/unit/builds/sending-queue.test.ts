import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { openSendingQueue } from '../../../src/builds/sending-queue.ts';

const home = mkdtempSync(join(tmpdir(), 'doskara-home-'));
const before = process.env['HOME'];
const children: ChildProcess[] = [];
let factories = 0;
let factory = '';

beforeEach(() => {
  process.env['HOME'] = home;
  factories += 1;
  factory = `ssh://user@factory-${factories}/x`;
});
afterEach(() => {
  process.env['HOME'] = before;
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(home, { recursive: true }));

const inQueue = () => readdirSync(join(home, '.cache/doskara/sending', encodeURIComponent(factory)));
const never = () => expect.fail('nobody has to wait');

/** Another process that is in the queue until it is killed. */
async function startOther(): Promise<ChildProcess> {
  const source = new URL('../../../src/builds/sending-queue.ts', import.meta.url).href;
  const script = `const { openSendingQueue } = await import(${JSON.stringify(source)});
    console.log(await openSendingQueue(${JSON.stringify(factory)}, 9).mayGo());
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HOME: home },
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('builds up to the limit may go, and the next when one of them leaves', async () => {
  const first = openSendingQueue(factory, 1);
  expect(await first.mayGo()).toBe(true);
  expect(await first.wait(never, AbortSignal.timeout(60_000))).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 2)); // they are ordered by milliseconds
  const second = openSendingQueue(factory, 1);
  expect(await second.mayGo()).toBe(false);
  const told: number[] = [];
  const waiting = second.wait((ahead) => told.push(ahead), AbortSignal.timeout(60_000));
  await expect.poll(() => told).toEqual([1]);
  first.leave();
  expect(await waiting).toBe(true);
  second.leave();
  await expect.poll(inQueue).toEqual([]);
});

test('those of killed processes do not count', async () => {
  const [one, two] = [await startOther(), await startOther()];
  const queue = openSendingQueue(factory, 2);
  expect(await queue.mayGo()).toBe(false);
  const exited = Promise.all([once(one, 'exit'), once(two, 'exit')]);
  one.kill('SIGKILL');
  two.kill('SIGKILL');
  await exited;
  expect(await queue.wait(() => {}, AbortSignal.timeout(60_000))).toBe(false);
  expect(inQueue()).toHaveLength(1);
  queue.leave();
});

test('a signal ends the wait, with its reason', async () => {
  await startOther();
  const ending = new AbortController();
  const waiting = openSendingQueue(factory, 1).wait(() => ending.abort(new Error('cancelled')), ending.signal);
  await expect(waiting).rejects.toThrow('cancelled');
});

test('the queue of one factory is not that of another', async () => {
  await startOther();
  expect(await openSendingQueue('another', 1).mayGo()).toBe(true);
});

test('without a home that can be written, nobody waits', async () => {
  process.env['HOME'] = join(home, 'file');
  writeFileSync(process.env['HOME'], '');
  expect(await openSendingQueue(factory, 1).wait(never, AbortSignal.timeout(60_000))).toBe(false);
});
