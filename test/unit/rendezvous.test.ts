import { describe, expect, test } from 'vitest';
import { rankFor } from '../../src/rendezvous.ts';

const BUILDERS = ['builder-1', 'builder-2', 'builder-3'];
const APPS = Array.from({ length: 3000 }, (_, i) => `app-${i}`);
const homeOf = (app: string, names: readonly string[]) => rankFor(app, names)[0];

describe('the order of a key', () => {
  // a change would move every app away from its caches
  test.each([
    ['shop', ['builder-2', 'builder-1', 'builder-3']],
    ['blog', ['builder-2', 'builder-1', 'builder-3']],
    ['a', ['builder-3', 'builder-1', 'builder-2']],
  ])('%s stays the same for ever', (app, order) => {
    expect(rankFor(app, BUILDERS)).toEqual(order);
  });

  test('does not depend on the order of the names', () => {
    for (const app of APPS.slice(0, 100)) expect(rankFor(app, BUILDERS.toReversed())).toEqual(rankFor(app, BUILDERS));
  });

  test.each([1, 2, 3, 10])('spreads apps evenly over %i names', (count) => {
    const names = Array.from({ length: count }, (_, i) => `builder-${i + 1}`);
    const homes = Map.groupBy(APPS, (app) => homeOf(app, names));
    const share = APPS.length / count;
    expect(names.map((name) => Math.abs((homes.get(name)?.length ?? 0) / share - 1) < 0.15)).not.toContain(false);
  });

  test('without a name moves only the apps whose home it was, each to its next', () => {
    for (const app of APPS) {
      const [home, next] = rankFor(app, BUILDERS);
      const left = BUILDERS.filter((name) => name !== 'builder-2');
      expect(homeOf(app, left)).toBe(home === 'builder-2' ? next : home);
    }
  });
});

test('no names have no order', () => {
  expect(rankFor('shop', [])).toEqual([]);
});
