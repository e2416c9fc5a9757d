import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Trouble } from '../../src/errors.ts';
import { takeLock } from '../../src/lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-lock-'));
let path = '';
let tests = 0;

beforeEach(() => {
  tests += 1;
  path = join(folder, `lock-${tests}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const free = () => expect.fail('the lock is free, nobody has to wait');

/** Another process that holds the lock until it is killed. */
async function startHolder(): Promise<ChildProcess> {
  const source = new URL('../../src/lock.ts', import.meta.url).href;
  const script = `const { takeLock } = await import(${JSON.stringify(source)});
    await takeLock(${JSON.stringify(path)}, () => {});
    console.log('held');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Takes the lock in the background and records in `steps` what happens. */
function takeLater(steps: string[], name: string, signal?: AbortSignal) {
  const { promise: waits, resolve } = Promise.withResolvers<void>();
  const wait = () => {
    steps.push(`${name} waits`);
    resolve();
  };
  const taken = takeLock(path, wait, signal).then((lock) => {
    steps.push(`${name} has it`);
    return lock;
  });
  return { taken, waits };
}

/** This process's helpers that are waiting for a lock. */
function helpers(): number[] {
  return readdirSync('/proc/self/task')
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && isFlock(pid))
    .map(Number);
}

function isFlock(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('flock\0');
  } catch {
    return false; // it has exited
  }
}

describe('a lock', () => {
  test('is taken at once if it is free, in a file that only its owner can read', async () => {
    await using lock = await takeLock(path, free);
    await lock.file.appendFile('a note');
    expect(readFileSync(path, 'utf8')).toBe('a note');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('keeps a second taker waiting until it is released', async () => {
    const steps: string[] = [];
    const first = await takeLock(path, free);
    const second = takeLater(steps, 'second');
    await second.waits;
    steps.push('first gives it back');
    await first[Symbol.asyncDispose]();
    await using _lock = await second.taken;
    expect(steps).toEqual(['second waits', 'first gives it back', 'second has it']);
  });

  test('is held by one of many takers at a time', async () => {
    let holders = 0;
    const seen: number[] = [];
    const take = async () => {
      await using _lock = await takeLock(path, () => {});
      seen.push(++holders);
      await new Promise((resolve) => setImmediate(resolve));
      holders -= 1;
    };
    await Promise.all([take(), take(), take(), take()]);
    expect(seen).toEqual([1, 1, 1, 1]);
  });

  test('does not block another file', async () => {
    await using _lock = await takeLock(path, free);
    await using other = await takeLock(`${path}-other`, free);
    expect(other.file.fd).toBeGreaterThan(0);
  });

  test('of a process killed with SIGKILL is free', async () => {
    const steps: string[] = [];
    const holder = await startHolder();
    const taker = takeLater(steps, 'taker');
    await taker.waits;
    holder.kill('SIGKILL');
    await using _lock = await taker.taken;
    expect(steps).toEqual(['taker waits', 'taker has it']);
  });
});

describe('waiting for a lock', () => {
  test('ends with the reason of its signal, and leaves the lock alone', async () => {
    const ending = new AbortController();
    const holder = await takeLock(path, free);
    const taker = takeLater([], 'taker', ending.signal);
    await taker.waits;
    ending.abort(new Error('enough'));
    await expect(taker.taken).rejects.toThrow('enough');
    await holder[Symbol.asyncDispose]();
    await using again = await takeLock(path, free);
    expect(again.file.fd).toBeGreaterThan(0);
  });

  test('does not start if its signal is already aborted', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(takeLock(path, free, signal)).rejects.toThrow('too late');
  });

  // a killed helper holds no lock, and two builds must never run at once
  test('fails if its helper is killed', async () => {
    await using _lock = await takeLock(path, free);
    const taker = takeLater([], 'taker');
    taker.taken.catch(() => {});
    await taker.waits;
    const [helper] = await vi.waitUntil(() => {
      const found = helpers();
      return found.length > 0 && found;
    });
    process.kill(helper ?? 0, 'SIGKILL');
    await expect(taker.taken).rejects.toThrow(Trouble);
  });
});
