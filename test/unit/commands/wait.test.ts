import { describe, expect, test } from 'vitest';
import { short, useRecordedShop } from './recorded-shop.ts';

const use = useRecordedShop();

describe('wait', () => {
  test.each<[string, () => string[], number, string]>([
    [
      'of the head by default, says why it failed',
      () => [],
      1,
      'error: shop build 4 failed in 0.0 s: build.sh failed with exit code 1',
    ],
    [
      'of a commit',
      () => [use.first.slice(0, 9)],
      0,
      'success: shop build 3 built registry/shop@sha256:FIRST in 0.0 s',
    ],
  ])('%s', async (_, args, code, line) => {
    const { exitCode, stdout } = await use.doskara('wait', 'shop', ...args());
    expect(stdout).toBe(line.replace('FIRST', use.first));
    expect(exitCode).toBe(code);
  });

  test('tells what superseded a build; if that built the same commit, it is that build that counts', async () => {
    const third = await use.commit('Close the shop');
    await use.record(third, {
      outcome: 'superseded',
      exitCode: null,
      error: 'main has moved on to 123; build 9 builds it',
    });
    const superseded = await use.doskara('wait', 'shop');
    expect(superseded.stdout).toBe(
      'warning: shop build 5 superseded in 0.0 s: main has moved on to 123; build 9 builds it',
    );
    expect(superseded.stderr).toBe('hint: its log: doskara logs shop 5');
    expect(superseded.exitCode).toBe(130);
    await use.record(third, {});
    await use.record(third, { outcome: 'superseded', exitCode: null, error: 'build 6 has built this commit' });
    expect((await use.doskara('wait', 'shop')).stdout).toMatch(/^success: shop build 6 built /);
  });

  test('of a commit that was built behind the gate, but then rejected by git, fails', async () => {
    const rejected = await use.commit('Push with a bad hook');
    await use.record(rejected, { gate: { pid: 1, pidStart: 'gone' }, landed: false });
    const { exitCode, stdout } = await use.doskara('wait', 'shop');
    expect([exitCode, stdout]).toEqual([3, 'error: shop build 8 built, but git rejected the push']);
  });

  test('of a commit that has no build says how to build it', async () => {
    const fourth = await use.commit('Open it again');
    const { exitCode, all } = await use.doskara('wait', 'shop');
    expect(exitCode).toBe(2);
    expect(all).toBe(
      `error: shop has no build of ${short(fourth)}, and none is running\nhint: to build it: doskara replay shop ${short(fourth)}`,
    );
  });

  test('of a build that runs ends with it, or when its time is up', async () => {
    const running = await use.records.begin({
      app: 'shop',
      commit: use.second,
      ref: 'main',
      subject: 's',
      who: 'w',
      why: 'replay',
    });
    expect((await use.doskara('status', 'shop')).stdout).toMatch(/^waiting {2}build 9 by w for \d+ s: \w{12} s$/m);
    const late = await use.doskara('wait', 'shop', use.second, '--timeout', '1s');
    expect(late.exitCode).toBe(4);
    expect(late.stderr.split('\n')).toEqual([
      `waiting for build 9 of shop: ${short(use.second)} s`,
      'error: build 9 of shop has not ended within 1.0 s',
      'hint: it goes on; to follow it: doskara logs shop 9 -f',
    ]);
    const waiting = use.doskara('wait', 'shop', use.second);
    await new Promise((resolve) => waiting.stderr.once('data', resolve));
    await use.records.save({ ...running, outcome: 'cancelled', exitCode: 130, error: 'by bob', logComplete: true });
    expect(await waiting).toMatchObject({
      exitCode: 130,
      stdout: expect.stringMatching(/^error: shop build 9 cancelled .*: by bob$/),
    });
    expect((await use.doskara('wait', 'shop', '--timeout', 'soon')).exitCode).toBe(2);
  });
});
