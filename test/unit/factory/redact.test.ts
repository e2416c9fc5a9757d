import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Trouble } from '../../../src/errors.ts';
import { makeRawReader } from '../../../src/factory/docker/raw-progress.ts';
import { makeOutput } from '../../../src/factory/output.ts';
import { makeRedactor, type Secret } from '../../../src/factory/redact.ts';

const secret = (name: string, value: string): Secret => ({ name, value: Buffer.from(value) });
const PEM = '-----BEGIN KEY-----\r\n  c2VjcmV0bGluZQ\r\nabc\r\n-----END KEY-----\r\n';
const SECRETS = [
  secret('TOKEN', 'hunter2!\n'),
  secret('LONG', 'hunter2!?and-more'),
  secret('PEM', PEM),
  secret('SHORT', 'abcde'),
  secret('STRANGE', 'ta\tb$1[x]\\d\u0007end'),
];
const { redact, longest } = makeRedactor(SECRETS);

describe('in a line of output', () => {
  test.each([
    ['nothing here', 'nothing here'],
    ['', ''],
    ['hunter2!', '[secret TOKEN]'],
    ['a hunter2!, hunter2! b', 'a [secret TOKEN], [secret TOKEN] b'],
    ['hunter2!hunter2!', '[secret TOKEN][secret TOKEN]'],
    ['https://u:hunter2!@host', 'https://u:[secret TOKEN]@host'],
    ['hunter2!?and-more', '[secret LONG]'],
    ['hunter2!?and-less', '[secret TOKEN]?and-less'],
    ['hunter2', 'hunter2'],
    ['c2VjcmV0bGluZQ', '[secret PEM]'],
    ['x-----BEGIN KEY-----x', 'x[secret PEM]x'],
    ['abc abcde', 'abc abcde'],
    ['ta\tb$1[x]\\d\u0007end', '[secret STRANGE]'],
    ['ta\tb$1[x]\\dend', '[secret STRANGE]'],
    ['\u001b[31mhunter2!\u001b[0m', '\u001b[31m[secret TOKEN]\u001b[0m'],
    ['a\u001b[1mb hun\u001b[31m\u001b[4mter2\u001b[0m! c\u001b[0md', 'a\u001b[1mb [secret TOKEN] c\u001b[0md'],
    ['\u001b[1mx\u001b[0m', '\u001b[1mx\u001b[0m'],
  ])('%j becomes %j', (line, expected) => {
    expect(redact(line)).toBe(expected);
  });

  test('a secret that overlaps another leaves nothing of either', () => {
    const two = makeRedactor([secret('A', 'abcdefgh'), secret('B', 'efghijkl')]);
    expect(two.redact('xabcdefghijklx')).toBe('x[secret A]x');
  });

  test('without secrets nothing changes', () => {
    expect(makeRedactor([])).toMatchObject({ longest: 0 });
    expect(makeRedactor([]).redact('hunter2!')).toBe('hunter2!');
  });
});

test('the runner prints no secret, in whatever line', () => {
  const stream = new PassThrough();
  const output = makeOutput(stream);
  output.hide(makeRedactor(SECRETS));
  output.heading('hunter2!');
  output.warning('hunter2!');
  output.raw('hunter2!');
  output.buildOutput('hun\u0008ter\u001b]0;title\u00072!', '\r');
  output.trouble(new Trouble('x', 1, 'last words: hun\u0000ter2!', { hint: 'not hunter2!' }));
  const text = stream.read().toString();
  expect(text).not.toContain('hunter2!');
  expect(text.match(/\[secret TOKEN\]/g)).toHaveLength(9);
  expect(text).toContain('"message":"last words: [secret TOKEN]"');
});

describe('of a build that prints', () => {
  const print = (...chunks: string[]) => {
    const reader = makeRawReader(makeRedactor(SECRETS));
    const status = (data: string) =>
      JSON.stringify({ logs: [{ vertex: 'v', data: Buffer.from(data).toString('base64') }] });
    const pieces = [...chunks.flatMap((chunk) => reader.read(status(chunk))), ...reader.end()];
    return pieces.flatMap((piece) => (piece.kind === 'output' ? [redact(piece.text)] : []));
  };

  test('a value in two writes, it is found', () => {
    expect(print('a hunt', 'er2! b\n')).toEqual(['a [secret TOKEN] b']);
    expect(print(...'hunter2!')).toEqual(['[secret TOKEN]']);
  });

  test('a line so long that it is split, a value at the split is found, too', () => {
    for (const before of [8191, 8192, 8188, 8192 + longest - 3, 2 * 8192 - 4])
      for (const chunks of [1, 50]) {
        const text = `${'x'.repeat(before)}hunter2!?and-more${'y'.repeat(20_000)}`;
        const size = Math.ceil(text.length / chunks);
        const sent = Array.from({ length: chunks }, (_, index) => text.slice(index * size, (index + 1) * size));
        const all = print(...sent, '\n').join('');
        expect(all, `${before}, ${chunks}`).toBe(`${'x'.repeat(before)}[secret LONG]${'y'.repeat(20_000)}`);
      }
  });
});

test('much output takes time that grows with its length alone', () => {
  const many = Array.from({ length: 64 }, (_, index) =>
    secret(`S${index}`, `${'prefix'.repeat(100)}${index}\n`.repeat(90)),
  );
  const redactor = makeRedactor(many);
  for (let line = 0; line < 2000; line += 1) expect(redactor.redact('x prefiy '.repeat(50))).toHaveLength(450);
});
