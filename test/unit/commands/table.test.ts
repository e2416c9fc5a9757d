import { describe, expect, test } from 'vitest';
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
