import { describe, expect, test } from 'vitest';
import { HOUR_AGO, short, useRecordedShop } from './recorded-shop.ts';

const use = useRecordedShop();

describe('after a rollback and a failed build', () => {
  test('list shows what is live beside the head', async () => {
    expect((await use.doskara('list')).stdout.split('\n')).toEqual([
      'empty\t-\t-\t-\t-\t-',
      `shop\t${short(use.second)}\t${short(use.first)} (3)\tfailed (build 4)\t1 h\t-`,
    ]);
    const [, json] = JSON.parse((await use.doskara('list', '--json')).stdout);
    expect(json).toMatchObject({ head: use.second, latest: use.first, live: { commit: use.first, number: 3 } });
  });

  test('builds marks the live row, and says to which build a rollback went', async () => {
    const lines = await use.onTerminal('builds shop');
    expect(lines.slice(0, 6)).toEqual([
      'BUILD  OUTCOME  COMMIT        WHO    AGO  TOOK   SUBJECT',
      expect.stringMatching(`^4      failed   ${short(use.second)}  alice  1 h  0.0 s  Lower the prices.*…$`),
      `3 *    built    ${short(use.first)}  bob    1 h  0.0 s  rollback to build 1: Open the …`,
      expect.stringMatching(`^2      built    ${short(use.second)}  alice  1 h  0.0 s  Lower the prices.*…$`),
      `1      built    ${short(use.first)}  alice  1 h  0.0 s  Open the shop`,
      '* live: registry/shop:latest',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join()).not.toContain('all:');
    expect(await use.onTerminal('builds shop -n 2')).toContain('2 of 4 builds; all: doskara builds shop -n 4');
    expect((await use.doskara('builds', 'shop')).stdout).toMatch(/^4\tfailed\t.*\n3\tbuilt\t/);
    const json = JSON.parse((await use.doskara('builds', 'shop', '--json')).stdout);
    expect(json.map(({ number, live, rollbackTo }: Record<string, unknown>) => [number, live, rollbackTo])).toEqual([
      [4, false, null],
      [3, true, 1],
      [2, false, null],
      [1, false, null],
    ]);
  });

  test('status tells what is live, since when and how, the head and the last failure', async () => {
    expect((await use.doskara('status', 'shop')).stdout.split('\n')).toEqual([
      `live     ${short(use.first)} Open the shop`,
      `         build 3, rollback to build 1 by bob 1 h ago (${HOUR_AGO.slice(0, 16).replace('T', ' ')} UTC)`,
      '         pushed by alice',
      'image    registry/shop',
      `digest   sha256:${use.first}`,
      `head     ${short(use.second)} Lower the prices of everything that the shop has, at once (main)`,
      `failure  build 4 failed 1 h ago: ${short(use.second)} Lower the prices of everything that the shop has, at once`,
      '         build.sh failed with exit code 1',
    ]);
    expect(Math.max(...(await use.onTerminal('status shop')).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(JSON.parse((await use.doskara('status', 'shop', '--json')).stdout)).toMatchObject({
      app: 'shop',
      live: {
        commit: use.first,
        number: 3,
        who: 'bob',
        why: 'rollback',
        pushedBy: 'alice',
        since: HOUR_AGO,
        rollbackTo: 1,
      },
      head: { commit: use.second, subject: 'Lower the prices of everything that the shop has, at once' },
      running: [],
      lastFailure: { number: 4, error: 'build.sh failed with exit code 1' },
    });
  });

  test('status of an app without builds says how to make one', async () => {
    expect((await use.doskara('status', 'empty')).stdout).toBe('empty has no builds yet: git push doskara HEAD:main');
    expect(JSON.parse((await use.doskara('status', 'empty', '--json')).stdout)).toMatchObject({
      live: null,
      head: null,
    });
  });
});

test('completion offers for a rollback the builds that have an image', async () => {
  expect((await use.doskara('complete', 'images', 'shop')).stdout.split('\n')).toEqual([
    `3\t${short(use.first)} Open the shop`,
    expect.stringMatching(`^2\t${short(use.second)} Lower the prices`),
    `1\t${short(use.first)} Open the shop`,
  ]);
});

test('a rollback to a build that has no image, or is not there, says so', async () => {
  for (const [target, message] of [
    ['4', 'build 4 of shop has no image'],
    ['99', 'shop has no build 99'],
  ] as const)
    expect(await use.doskara('rollback', 'shop', target)).toMatchObject({
      exitCode: 2,
      all: `error: ${message}\nhint: its builds: doskara builds shop`,
    });
});
