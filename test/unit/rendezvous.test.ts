import { describe, expect, test } from 'vitest';
import { rankFor } from '../../src/rendezvous.ts';

const FARM = ['farm-1', 'farm-2', 'farm-3'];
const APPS = Array.from({ length: 3000 }, (_, i) => `app-${i}`);
const homeOf = (app: string, names: readonly string[]) => rankFor(app, names)[0];

describe('the order of a key', () => {
  // a change would move every app away from its caches
  test.each([
    ['shop', ['farm-2', 'farm-1', 'farm-3']],
    ['blog', ['farm-1', 'farm-2', 'farm-3']],
    ['a', ['farm-2', 'farm-3', 'farm-1']],
  ])('%s stays the same for ever', (app, order) => {
    expect(rankFor(app, FARM)).toEqual(order);
  });

  test('does not depend on the order of the names', () => {
    for (const app of APPS.slice(0, 100)) expect(rankFor(app, FARM.toReversed())).toEqual(rankFor(app, FARM));
  });

  test.each([1, 2, 3, 10])('spreads apps evenly over %i names', (count) => {
    const names = Array.from({ length: count }, (_, i) => `farm-${i + 1}`);
    const homes = Map.groupBy(APPS, (app) => homeOf(app, names));
    const share = APPS.length / count;
    expect(names.map((name) => Math.abs((homes.get(name)?.length ?? 0) / share - 1) < 0.15)).not.toContain(false);
  });

  test('without a name moves only the apps whose home it was, each to its next', () => {
    for (const app of APPS) {
      const [home, next] = rankFor(app, FARM);
      const left = FARM.filter((name) => name !== 'farm-2');
      expect(homeOf(app, left)).toBe(home === 'farm-2' ? next : home);
    }
  });
});

test('no names have no order', () => {
  expect(rankFor('shop', [])).toEqual([]);
});
