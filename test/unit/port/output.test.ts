import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { OutputLine } from '../../../src/lines.ts';
import { makeOutput } from '../../../src/port/output.ts';

const line = (text: string): OutputLine => ({ text, end: '\n' });
const asItIs = (text: string) => text;
const BIG = 'x'.repeat(300 * 1024);

/** A reader that takes one chunk at a time, on request. */
class Reader extends Writable {
  readonly chunks: string[] = [];
  #next: (error?: Error | null) => void = () => {};
  #flowing = false;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _: string, next: (error?: Error | null) => void): void {
    if (chunk.length > 0) this.chunks.push(chunk);
    if (this.#flowing) next();
    else this.#next = next;
  }

  /** Reads everything that is waiting or still to come. */
  flow(): void {
    this.#flowing = true;
    this.#next();
  }

  fail(): void {
    this.#next(new Error('EPIPE'));
  }
}

/** A terminal that has read nothing yet, with more output waiting than there is time for. */
function fullTerminal() {
  const reader = new Reader();
  const output = makeOutput(reader, asItIs);
  output.show(line(BIG));
  return { reader, output };
}

describe('a terminal that reads', () => {
  test('is shown every chunk, formatted, and the end', async () => {
    const reader = new Reader();
    const output = makeOutput(reader, (text) => `<${text}>`);
    reader.flow();
    for (const piece of [line('a'), { text: '10 %', end: '\r' } as const, line('')]) output.show(piece);
    await output.drain();
    expect(reader.chunks).toEqual(['<a>\n', '<10 %>\r', '<>\n']);
  });

  test('is shown an aside, too', () => {
    const reader = new Reader();
    const output = makeOutput(reader, (text) => `<${text}>`);
    reader.flow();
    output.aside('still building');
    expect(reader.chunks).toEqual(['<still building>\n']);
  });

  test('is waited for until it has read the last line', async () => {
    const reader = new Reader();
    const output = makeOutput(reader, asItIs);
    for (const text of ['a', 'b', 'c']) output.show(line(text));
    const drained = output.drain();
    expect(reader.chunks).toEqual(['a\n']);
    reader.flow();
    await drained;
    expect(reader.chunks).toEqual(['a\n', 'b\n', 'c\n']);
  });

  test('is not waited for any longer than that', async () => {
    const stuck = fullTerminal();
    const reader = new Reader();
    const output = makeOutput(reader, asItIs);
    output.show(line('a'));
    const ends = [stuck.output.drain().then(() => 'the stuck one'), output.drain().then(() => 'the one that reads')];
    reader.flow();
    expect(await Promise.race(ends)).toBe('the one that reads');
  });

  test('may have nothing to read', async () => {
    const reader = new Reader();
    await makeOutput(reader, asItIs).drain();
    expect(reader.chunks).toEqual([]);
  });
});

describe('a terminal that is too slow', () => {
  test('misses lines, and is told how many before the next one', async () => {
    const { reader, output } = fullTerminal();
    for (const text of ['a', 'b']) output.show(line(text));
    output.show({ text: '10 %', end: '\r' });
    output.aside('still building'); // the log does not have it, so it is not missed
    reader.flow();
    output.show(line('c'));
    await output.drain();
    expect(reader.chunks).toEqual([
      `${BIG}\n`,
      expect.stringContaining('(2 lines left out here: this terminal was too slow; the log has them, up to'),
      'c\n',
    ]);
  });

  test('still gets the last line, which is the result', async () => {
    const { reader, output } = fullTerminal();
    for (const text of ['a', 'b', 'success']) output.show(line(text));
    const drained = output.drain();
    reader.flow();
    await drained;
    expect(reader.chunks).toEqual([`${BIG}\n`, expect.stringContaining('(2 lines left out here: '), 'success\n']);
  });

  test('is not told of a gap if only the last line waited', async () => {
    const { reader, output } = fullTerminal();
    output.show(line('success'));
    const drained = output.drain();
    reader.flow();
    await drained;
    expect(reader.chunks).toEqual([`${BIG}\n`, 'success\n']);
  });

  test('is told of each gap once', async () => {
    const { reader, output } = fullTerminal();
    output.show(line('a'));
    reader.flow();
    for (const text of ['b', 'c']) output.show(line(text));
    await output.drain();
    expect(reader.chunks).toEqual([`${BIG}\n`, expect.stringContaining('(1 line left out here: '), 'b\n', 'c\n']);
  });
});

describe.concurrent('a terminal that is lost', () => {
  test('because it stopped reading is neither waited for nor shown anything more', async () => {
    const { reader, output } = fullTerminal();
    output.show(line('a'));
    await output.drain();
    output.show(line('b'));
    reader.flow();
    output.show(line('c'));
    await output.drain();
    expect(reader.chunks).toEqual([`${BIG}\n`]);
  });

  test.each<[string, (reader: Reader) => unknown]>([
    ['fails during the wait', (reader) => reader.fail()],
    ['is closed during the wait', (reader) => reader.destroy()],
    ['is closed with an error', (reader) => reader.destroy(new Error('EIO'))],
  ])('because it %s ends the wait', async (_, lose) => {
    const { reader, output } = fullTerminal();
    output.show(line('a'));
    const drained = output.drain();
    lose(reader);
    await expect(drained).resolves.toBeUndefined();
    output.show(line('b'));
    await output.drain();
    expect(reader.chunks).toEqual([`${BIG}\n`]);
  });

  test('before anything was shown is never waited for', async () => {
    const reader = new Reader();
    const output = makeOutput(reader, asItIs);
    reader.destroy(new Error('EPIPE'));
    output.show(line('a'));
    await expect(output.drain()).resolves.toBeUndefined();
    expect(reader.chunks).toEqual([]);
  });
});
