import { describe, expect, test } from 'vitest';
import { openMatcher, parseNeeds } from '../../src/dependencies.ts';

const words = (script: string) => {
  const parsed = parseNeeds(script);
  return 'needs' in parsed ? parsed.needs.map(({ word }) => word) : parsed.problem;
};

describe('what deps.sh needs', () => {
  test.each<[string, string[]]>([
    ['#!/bin/sh\n# needs: package.json package-lock.json\nnpm ci\n', ['package.json', 'package-lock.json']],
    ['# needs: a\n# needs:b  c\tb\r\n#needs: d', ['a', 'b', 'c', 'd']],
    ['npm ci\n', []],
    ['# needs:\n', []],
    [' # needs: a\necho # needs: b\n#  what it needs: c\n## needs: d\n', []],
    [
      '# needs: packages/*/package.json **/go.mod vendor/ [id].json',
      ['packages/*/package.json', '**/go.mod', 'vendor/', '[id].json'],
    ],
  ])('is read from %j', (script, expected) => {
    expect(words(script)).toEqual(expected);
  });

  test.each([
    '/etc/passwd',
    '../x',
    'a/../b',
    '..',
    '.',
    './a',
    'a/./b',
    'a//b',
    '/',
    'a**',
    '**b/c',
    'a\\b',
    '**/a/**',
    'a/'.repeat(17),
    'a\x1b[2J',
    'x'.repeat(256),
  ])('is never %j', (word) => {
    expect(words(`# needs: good ${word}\n`)).toEqual({ kind: 'wrong-path', word });
  });

  test('has 50 words at most', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `# needs: ${i}\n`).join('');
    expect(words(lines(50))).toHaveLength(50);
    expect(words(lines(51))).toEqual({ kind: 'too-many', limit: 50 });
  });
});

test.each<[string, string[], string[]]>([
  ['package.json', ['package.json', 'package.json/x'], ['a/package.json', 'package.jsonx', 'package']],
  ['a', ['a', 'a/b', 'a/b/c'], ['ab', 'b/a']],
  ['a/b', ['a/b', 'a/b/c'], ['a', 'a/bc']],
  ['*', ['a', 'a/b'], []],
  ['*.json', ['.json', 'a.json', 'a.b.json'], ['a.jsonx', 'b/a.json']],
  ['a*b*c', ['abc', 'axbxc', 'abbcc', 'abcbc'], ['ab', 'abcd', 'acb']],
  ['*/b', ['a/b', 'a/b/c'], ['b', 'a/c', 'a/x/b']],
  ['**', ['a', 'a/b'], []],
  ['**/a', ['a', 'x/a', 'x/y/a', 'x/a/b', 'x/y/a/b'], ['b', 'x/ab']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b', 'a/b/x/b/c'], ['a', 'x/a/b', 'a/x']],
  ['a/**', ['a/b', 'a/b/c', 'a'], ['b/a']],
  ['a/*/**/b*', ['a/x/b', 'a/x/y/bc/d'], ['a/b', 'a/x', 'x/a/y/b']],
  ['*a*', ['a', 'xay'], ['x']],
  ['ab*ba', ['abba', 'abxba'], ['aba']],
])('%s names what it says', (word, good, bad) => {
  const parsed = parseNeeds(`# needs: ${word}`);
  const match = openMatcher('needs' in parsed ? parsed.needs : []);
  const named = (path: string) => match(path.split('/')).length === 1;
  expect(good.filter((path) => !named(path))).toEqual([]);
  expect(bad.filter(named)).toEqual([]);
});

test('each word is found once, in any order of the files', () => {
  const parsed = parseNeeds('# needs: **/a a/b x');
  const match = openMatcher('needs' in parsed ? parsed.needs : []);
  const found = ['a/b/a', 'a', 'x/y', 'a/b', 'y', 'a/b/a', 'x/a'].map((path) =>
    match(path.split('/')).map(({ word }) => word),
  );
  expect(found).toEqual([['**/a', 'a/b'], ['**/a'], ['x'], ['**/a', 'a/b'], [], ['**/a', 'a/b'], ['x', '**/a']]);
});

test('patterns that are hard for regular expressions are matched at once', () => {
  const parsed = parseNeeds(`# needs: ${'*a'.repeat(100)}b ${'a/'.repeat(7)}**/${'*a*/'.repeat(7)}b`);
  const match = openMatcher('needs' in parsed ? parsed.needs : []);
  const paths = [['a'.repeat(255)], Array.from({ length: 2000 }, () => 'a')];
  for (let i = 0; i < 100; i++) for (const path of paths) expect(match(path)).toEqual([]);
});

test('a folder is looked at once for all of its files', () => {
  let looks = 0;
  const segment = new Proxy(['a'], {
    get(parts, key) {
      if (key === Symbol.iterator) looks += 1;
      return Reflect.get(parts, key);
    },
  });
  const match = openMatcher([{ word: '**/a/b', segments: ['**', segment, ['b']] }]);
  const folder = Array.from({ length: 1000 }, () => 'c');
  for (let i = 0; i < 1000; i++) match([...folder, `${i}`]);
  expect(looks).toBeLessThan(3000);
});
