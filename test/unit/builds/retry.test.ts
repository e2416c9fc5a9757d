import { describe, expect, test } from 'vitest';
import { retryDelayMs } from '../../../src/builds/connect-with-retries.ts';

/** Times of the attempts at a factory that stays busy, in milliseconds since the first; each attempt takes `took`. */
function busyTries(random: () => number, took: number): number[] {
  const times = [0];
  for (let busy = 1, now = took; ; busy++) {
    const pause = retryDelayMs('ssh-busy', { unreachable: 0, busy, elapsedMs: now }, random());
    if (pause === undefined) return times;
    now += pause;
    times.push(now);
    now += took;
  }
}

describe('a busy factory', () => {
  test.each([0, 0.5, 0.999])('is retried for a minute at growing intervals, with a random factor of %d', (random) => {
    const times = busyTries(() => random, 0);
    expect(times.at(-1)).toBe(60_000);
    const pauses = times.slice(1, -1).map((time, i) => time - (times[i] ?? 0));
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses[0]).toBeCloseTo(250 * (0.5 + random));
    expect(Math.max(...pauses)).toBeCloseTo(5000 * (0.5 + random));
  });

  test('is not retried after that minute, however long an attempt takes', () => {
    expect(busyTries(() => 0.5, 20_000).at(-1)).toBeLessThanOrEqual(60_000);
  });

  test('is not retried by two builds at the same times', () => {
    const [one, other] = [busyTries(() => 0.2, 0), busyTries(() => 0.7, 0)];
    expect(one.slice(1, -1).filter((time) => other.includes(time))).toEqual([]);
  });
});

test.each([
  ['ssh-connect', [1000, 3000, undefined]],
  ['ssh-auth', [undefined]],
  ['ssh-algorithm', [undefined]],
  ['host-key-changed', [undefined]],
])('after %s the pauses are %j', (code, pauses) => {
  const found = pauses.map((_, i) => retryDelayMs(code, { unreachable: i + 1, busy: 0, elapsedMs: i * 15_000 }, 0.3));
  expect(found).toEqual(pauses);
});

test('a factory that was busy and then stops answering gets three attempts', () => {
  expect(retryDelayMs('ssh-connect', { unreachable: 1, busy: 7, elapsedMs: 70_000 }, 0)).toBe(1000);
});
