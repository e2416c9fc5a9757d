import { expect, test } from 'vitest';
import { editDistance, similarNames } from '../../../src/port/did-you-mean.ts';

test.each<[string, string, number]>([
  ['', '', 0],
  ['shop', 'shop', 0],
  ['', 'shop', 4],
  ['shop', '', 4],
  ['shpo', 'shop', 1],
  ['sop', 'shop', 1],
  ['shoop', 'shop', 1],
  ['ship', 'shop', 1],
  ['hsop', 'shpo', 2],
  ['kitten', 'sitting', 3],
])('the edit distance from %j to %j is %i', (a, b, slips) => {
  expect(editDistance(a, b)).toBe(slips);
  expect(editDistance(b, a)).toBe(slips);
});

const APPS = ['blog', 'shop', 'shop2', 'shop3', 'shop4', 'shopping-cart', 'x'];

test.each<[string, string[]]>([
  ['shpo', ['shop']],
  ['shoop', ['shop']],
  ['blgo', ['blog']],
  ['shop5', ['shop', 'shop2', 'shop3']],
  ['shoping-crat', ['shopping-cart']],
  ['y', []],
  ['xy', ['x']],
  ['ship-shape', []],
  ['nowhere', []],
  ['', []],
])('for %j, the suggestions are %j', (word, names) => {
  expect(similarNames(word, APPS)).toEqual(names);
});

test('without names, nothing is suggested', () => {
  expect(similarNames('shop', [])).toEqual([]);
});
