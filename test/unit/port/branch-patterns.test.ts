import { expect, test } from 'vitest';
import { isBuiltBranch, readBranch, tagOfBranch } from '../../../src/port/branch-patterns.ts';

test.each([
  ['main', 'main'],
  ['refs/heads/main', 'main'],
  ['release/1.x', 'release/1.x'],
  ['release/*', 'release/*'],
  ['**', '**'],
  ['team-*/**/v*', 'team-*/**/v*'],
  ['zürich', 'zürich'],
  ['', undefined],
  ['@', undefined],
  ['-x', undefined],
  ['/main', undefined],
  ['main/', undefined],
  ['a//b', undefined],
  ['a..b', undefined],
  ['a b', undefined],
  ['a\nb', undefined],
  ['.a', undefined],
  ['a/.b', undefined],
  ['a.', undefined],
  ['a.lock', undefined],
  ['a.lock/b', undefined],
  ['a@{1}', undefined],
  ['release/?', undefined],
  ['release/[0-9]', undefined],
  ['a~1', undefined],
  ['a^', undefined],
  ['a:b', undefined],
  ['a\\b', undefined],
  ['***', undefined],
  ['*/*/*/*', undefined],
  ['x'.repeat(256), undefined],
])('doskara.branch = %j is read as %j', (value, expected) => {
  expect(readBranch(value)).toBe(expected);
});

test.each<[string, string, boolean]>([
  ['main', 'main', true],
  ['main', 'mainline', false],
  ['main', 'x/main', false],
  ['release/*', 'release/1.2', true],
  ['release/*', 'release/1/2', false],
  ['release/*', 'release', false],
  ['release/*', 'old/release/1', false],
  ['release/**', 'release/1/2', true],
  ['*', 'topic', true],
  ['*', 'a/b', false],
  ['**', 'a/b', true],
  ['v*.x', 'v1.x', true],
  ['v*.x', 'v1yx', false],
  ['a+(b)*', 'a+(b)c', true],
  ['a+(b)*', 'aabc', false],
  ['**', 'x'.repeat(256), false],
])('with the branches %j, %j is built: %j', (pattern, name, expected) => {
  expect(isBuiltBranch([pattern], name)).toBe(expected);
  expect(isBuiltBranch(['other', pattern], name)).toBe(expected);
});

test('a pattern with many stars does not take a name for ever that was made for that', () => {
  expect(isBuiltBranch(['**a**a**b'], 'a'.repeat(255))).toBe(false);
});

test.each([
  ['main', 'main'],
  ['release/1.2', 'release-1.2'],
  ['release-1.2', 'release-1.2'],
  ['a//b', 'a-b'],
  ['Topic_#12', 'Topic_-12'],
  ['zürich', 'z-rich'],
  ['#1', '1'],
  ['日本', undefined],
  ['x'.repeat(128), 'x'.repeat(128)],
  ['x'.repeat(129), undefined],
])('the branch %j has the image tag %j', (branch, tag) => {
  expect(tagOfBranch(branch)).toBe(tag);
});
