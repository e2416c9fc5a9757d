import { describe, expect, test } from 'vitest';
import { columnsOf, cut } from '../../../src/commands/columns.ts';
import { formatTable, sparkline } from '../../../src/commands/table.ts';
import { formatAgo } from '../../../src/units.ts';

const HEAD = ['name', 'apps'];
const ROWS = [
  ['anna', 'all'],
  ['bartholomew', ''],
  ['c', 'one,two'],
];

describe('a table', () => {
  test.each<[string, string[][], number | undefined, string[]]>([
    [
      'has a header and aligned columns on a terminal',
      ROWS,
      80,
      ['NAME         APPS', 'anna         all', 'bartholomew', 'c            one,two'],
    ],
    ['is tab-separated in a pipe, without a header', ROWS, undefined, ['anna\tall', 'bartholomew\t', 'c\tone,two']],
    ['without rows is only its header on a terminal', [], 80, ['NAME  APPS']],
    ['without rows is nothing in a pipe', [], undefined, []],
    ['accepts rows that are too short', [['a']], 80, ['NAME  APPS', 'a']],
  ])('%s', (_, rows, width, lines) => {
    expect(formatTable(HEAD, rows, width)).toEqual(lines);
  });
});

test('a column shrinks on a narrow terminal', () => {
  const lines = formatTable(HEAD, [['a', 'a long story about an app']], 20);
  expect(lines).toEqual(['NAME  APPS', 'a     a long story …']);
  expect(Math.max(...lines.map((line) => line.length))).toBe(20);
});

test.each([80, 40, 20])('a table fits %d columns, however wide its cells are', (width) => {
  const wide = ['a'.repeat(63), 'b'.repeat(30), 'c'.repeat(90)];
  const lines = formatTable(['x', 'y', 'z'], [wide], width);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(lines[1]).toMatch(/^a+…? +b+…? +c+…$/);
});

test('the titles of a table that is longer than the screen come again at its end', () => {
  const rows = Array.from({ length: 21 }, (_, i) => [`app-${i}`, 'all']);
  expect(formatTable(HEAD, rows.slice(1), 80).at(-1)).toBe('app-20  all');
  expect(formatTable(HEAD, rows, 80).slice(-2)).toEqual(['app-20  all', 'NAME    APPS']);
  expect(formatTable(HEAD, rows, 80, 1, 21).at(-1)).toBe('app-20  all');
  expect(formatTable(HEAD, rows, undefined)).toHaveLength(21);
});

test.each([
  ['wide characters', '修正価格表示', ['NAME   APPS', '修正…  all', 'a      all']],
  ['emoji', '🎉🎉🎉🎉', ['NAME   APPS', '🎉🎉…  all', 'a      all']],
  ['accents of their own', 'e\u0301e\u0301', ['NAME  APPS', 'e\u0301e\u0301    all', 'a     all']],
])('a table with %s is aligned, and cut between characters', (_, name, lines) => {
  const rows = [
    [name, 'all'],
    ['a', 'all'],
  ];
  expect(formatTable(HEAD, rows, 11)).toEqual(lines);
});

test.each([
  ['plain', 5],
  ['価格', 4],
  ['ｱｲｳ', 3],
  ['가나', 4],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['\u200b', 0],
  ['…▁█', 3],
])('%s takes %d columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
  expect(columnsOf(cut(text.repeat(9), 5))).toBeLessThanOrEqual(5);
});

test.each([
  [[], ''],
  [[0, 0], '▁▁'],
  [[1, 4, 8], '▂▅█'],
])('a sparkline of %j is %s', (values, line) => {
  expect(sparkline(values)).toBe(line);
});

test.each([
  [0, '0 s'],
  [59_000, '59 s'],
  [61_000, '1 min'],
  [3_600_000, '1 h'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
  [-5000, '0 s'],
])('%d ms ago is %s', (milliseconds, text) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(formatAgo(new Date(now - milliseconds).toISOString(), now)).toBe(text);
});
