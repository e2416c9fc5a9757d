import { expect, test } from 'vitest';
import { parseSyntaxError } from '../../src/shell-syntax.ts';

test.each([
  ['dash', 'sh: 3: Syntax error: "fi" unexpected\n', 3, '"fi" unexpected'],
  [
    'bash',
    "/dev/stdin: line 3: syntax error near unexpected token `a'\n/dev/stdin: line 3: `echo (a'\n",
    3,
    "near unexpected token `a'",
  ],
  ['bash at the end', '/dev/stdin: line 4: syntax error: unexpected end of file\n', 4, 'unexpected end of file'],
  [
    'bash of a quote',
    "/dev/stdin: line 2: unexpected EOF while looking for matching `''\n",
    2,
    "unexpected EOF while looking for matching `''",
  ],
  [
    "busybox's ash",
    '/dev/stdin: line 2: syntax error: unexpected word (expecting ")")\n',
    2,
    'unexpected word (expecting ")")',
  ],
  [
    'a shell that names no line',
    'ash: syntax error: unexpected end of file (expecting "then")\n',
    undefined,
    'ash: syntax error: unexpected end of file (expecting "then")',
  ],
  ['a shell that says nothing', '', undefined, ''],
])('the line and the reason are what %s says', (_, output, line, reason) => {
  expect(parseSyntaxError(output, '/dev/stdin')).toEqual({ line, reason });
});

test('of a wrong line of a megabyte the beginning is read', () => {
  const blank = parseSyntaxError(`x: line 2: syntax error near \`)'\nx: line 2: \`) ${' '.repeat(1e6)}b'\n`, 'x');
  expect(blank).toEqual({ line: 2, reason: "near `)'" });
  const { line, reason } = parseSyntaxError(`${': 1: '.repeat(2e5)}\u2028b`, 'x');
  expect(line).toBe(1);
  expect(reason.length).toBeLessThan(10_000);
});
