import { expect, test } from 'vitest';
import { isPromotableTag } from '../../../src/port/promoted-tags.ts';

test.each([
  ['production', true],
  ['v1.2.3', true],
  ['_x', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['-x', false],
  ['.x', false],
  ['a/b', false],
  ['a b', false],
  ['latest', false],
  ['Latest', true],
  ['buildcache', false],
  ['c'.repeat(40), false],
  ['c'.repeat(64), false],
  ['c'.repeat(41), true],
  ['1..2', false],
  ['1.', false],
  ['x.lock', false],
])('whether an admin may give an image the tag %s: %s', (tag, expected) => {
  expect(isPromotableTag(tag)).toBe(expected);
});
