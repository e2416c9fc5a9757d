import { describe, expect, test } from 'vitest';
import { escaped, printable } from '../../src/printable.ts';

describe('a printable line', () => {
  test.each([
    ['plain text is kept', 'hello', 'hello'],
    ['tabs and letters of any language are kept', 'a\tgrüße 日本 😀', 'a\tgrüße 日本 😀'],
    ['a color is kept and reset at the end', '\x1b[31mred', '\x1b[31mred\x1b[0m'],
    [
      'colors with many parameters are kept',
      '\x1b[1;38;5;9mx\x1b[38:2::1:2:3my',
      '\x1b[1;38;5;9mx\x1b[38:2::1:2:3my\x1b[0m',
    ],
    ['a short reset is kept', 'a\x1b[mb', 'a\x1b[mb\x1b[0m'],
    ['cursor movements are removed', 'a\x1b[2Kb\x1b[1Ac\x1b[10;1Hd', 'abcd'],
    ['private modes are removed, even those that end in m', '\x1b[?25la\x1b[>4;1mb', 'ab'],
    ['a title that ends in BEL is removed', 'a\x1b]0;owned\x07b', 'ab'],
    ['a title that ends in ST is removed', 'a\x1b]2;owned\x1b\\b', 'ab'],
    ['an unterminated title is removed', 'a\x1b]0;owned', 'a'],
    ['a link loses its target', '\x1b]8;;http://x.example\x1b\\text\x1b]8;;\x1b\\', 'text'],
    ['device control strings are removed', 'a\x1bP1$r0m\x1b\\b', 'ab'],
    ['character sets and resets are removed', 'a\x1b(0b\x1bcd', 'abd'],
    ['carriage returns, bells and backspaces are removed', 'a\rb\x07c\x08d\x00e', 'abcde'],
    ['8-bit control characters are removed', 'a\x9b2Jb\x85c', 'a2Jbc'],
    ['marks that reorder text are removed', 'a\u202eb\u2066c\u2069', 'abc'],
    ['line and paragraph separators are removed', 'a\u2028b\u2029c', 'abc'],
    ['an escape at the end is removed', 'a\x1b', 'a'],
    ['two escapes leave no sequence behind', '\x1b\x1b[2J', ''],
    ['a sequence with a control character inside is not one', 'a\x1b[3\x001mb', 'a31mb'],
    ['removing a sequence does not create a new one', '\x1b[\x1b[31m2J', '\x1b[31m2J\x1b[0m'],
    ['an empty line stays empty', '', ''],
  ])('%s', (_, line, expected) => {
    expect(printable(line)).toBe(expected);
  });

  test.each([
    ['a\x1b[31mred\x1b[0m', 'ared'],
    ['\x1b[2Ja\tb', 'a\tb'],
    ['no colour', 'no colour'],
  ])('without colors, %j is shown as %j', (line, expected) => {
    expect(printable(line, false)).toBe(expected);
  });

  test('is the same when it is made printable twice without colors', () => {
    const once = printable('\x1b\x1b]0;a\x1b[\x1b[1m2Jb\x9bc', false);
    expect(printable(once, false)).toBe(once);
  });
});

describe('a name in a message', () => {
  test.each([
    ['plain-name_1', 'plain-name_1'],
    ['with space', 'with space'],
    ['grüße', 'grüße'],
    ['a\nb', 'a\\u000ab'],
    ['tab\there', 'tab\\u0009here'],
    ['\x1b[31mred', '\\u001b[31mred'],
    ['a\x9bb\x7f', 'a\\u009bb\\u007f'],
    ['\u202egpj.exe', '\\u202egpj.exe'],
    ['a\u2028b', 'a\\u2028b'],
    [Buffer.from([0x61, 0xff]).toString('utf8'), 'a\\ufffd'],
  ])('%j is shown as %j', (name, expected) => {
    expect(escaped(name)).toBe(expected);
  });
});
