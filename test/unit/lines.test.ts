import { describe, expect, test } from 'vitest';
import { LineSplitter, type OutputLine } from '../../src/lines.ts';

const LONGEST = 16 * 1024;

/** The pieces of all chunks, including the end. */
function cut(...chunks: (string | Buffer)[]): OutputLine[] {
  const cutter = new LineSplitter();
  return [...chunks.flatMap((chunk) => [...cutter.split(Buffer.from(chunk))]), ...cutter.end()];
}

const line = (text: string): OutputLine => ({ text, end: '\n' });
const state = (text: string): OutputLine => ({ text, end: '\r' });

describe('output', () => {
  test.each<[string, string[], OutputLine[]]>([
    ['that is empty has no lines', [''], []],
    ['is split at line feeds', ['a\nb\n'], [line('a'), line('b')]],
    ['without a final line feed still has a last line', ['a\nb'], [line('a'), line('b')]],
    ['keeps empty lines', ['\n\na\n'], [line(''), line(''), line('a')]],
    ['may split a line between chunks', ['he', 'll', 'o\nyou'], [line('hello'), line('you')]],
    ['shows a progress line as states', ['10 %\r20 %\r'], [state('10 %'), line('20 %')]],
    ['ends progress with a line', ['10 %\r20 %\ndone\n'], [state('10 %'), line('20 %'), line('done')]],
    ['may end lines with CRLF', ['a\r\nb\r\n'], [line('a'), line('b')]],
    ['may split CRLF between chunks', ['a\r', '\nb\r', '\n'], [line('a'), line('b')]],
    ['may start a chunk after a carriage return', ['a\r', 'b\n'], [state('a'), line('b')]],
    ['may have carriage returns in a row', ['a\r\r\nb'], [state('a'), line(''), line('b')]],
    ['keeps other separators in the line', ['a\u2028b\u0085c\x0bd\n'], [line('a\u2028b\u0085c\x0bd')]],
  ])('%s', (_, chunks, pieces) => {
    expect(cut(...chunks)).toEqual(pieces);
  });

  test('is split the same wherever its chunks end, even inside a character', () => {
    const text = Buffer.from('€uro\r\n10 %\r😀 100 %\r\n\nend');
    const pieces = [line('€uro'), state('10 %'), line('😀 100 %'), line(''), line('end')];
    for (let at = 0; at <= text.length; at++)
      expect(cut(text.subarray(0, at), text.subarray(at)), `cut at ${at}`).toEqual(pieces);
    expect(cut(...[...text].map((byte) => Buffer.from([byte])))).toEqual(pieces);
  });

  test('that is not UTF-8 is shown with replacement characters', () => {
    expect(cut(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82]))).toEqual([line('a\ufffdb'), line('\ufffd')]);
  });
});

describe('a line that is too long', () => {
  test('is passed on whole up to 16384 characters', () => {
    expect(cut('x'.repeat(LONGEST), '\nb')).toEqual([line('x'.repeat(LONGEST)), line('b')]);
  });

  test('is passed on in parts before it ends, so that it never fills the memory', () => {
    const cutter = new LineSplitter();
    const parts = [...cutter.split(Buffer.from('x'.repeat(5 * LONGEST)))];
    expect(parts.length).toBeGreaterThanOrEqual(5);
    for (const { text } of parts) expect(text.length).toBeLessThanOrEqual(LONGEST);
    const all = [...parts, ...cutter.end()].map(({ text }) => text.trim()).join('');
    expect(all).toBe('x'.repeat(5 * LONGEST));
  });

  test('has indented parts, which cannot be mistaken for a line of the runner', () => {
    const forged = `-----> Pushed w:5000/a@sha256:${'0'.repeat(64)}`;
    const pieces = cut(`${'x'.repeat(LONGEST)}${forged.slice(0, 9)}`, `${forged.slice(9)}\n`);
    expect(pieces).toEqual([line('x'.repeat(LONGEST)), line(`       ${forged}`)]);
  });

  test('is never split inside a character', () => {
    const text = `x${'😀'.repeat(LONGEST)}`;
    const pieces = cut(text, '\n');
    expect(pieces.map((piece) => piece.text.trim()).join('')).toBe(text);
    for (const piece of pieces) expect(piece.text.isWellFormed()).toBe(true);
  });
});
