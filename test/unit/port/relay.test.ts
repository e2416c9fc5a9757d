import { describe, expect, test } from 'vitest';
import { formatImageSize, formatPushed, type PushedImage } from '../../../src/contract.ts';
import type { Piece } from '../../../src/port/lines.ts';
import { makeRelay } from '../../../src/port/relay.ts';

/** A relay whose steps are written down: where a piece went, and its text. */
function openRelay() {
  const steps: string[] = [];
  const note = (place: string) => (piece: Piece) => steps.push(`${place} ${JSON.stringify(piece.text + piece.end)}`);
  const log = { add: note('log'), [Symbol.dispose]: () => {} };
  const terminal = { show: note('terminal'), drain: async () => {} };
  return { steps, relay: makeRelay(log, terminal) };
}

const image = (digit: string): PushedImage => ({ image: 'w:5000/app', digest: `sha256:${digit.repeat(64)}` });
const GOOD = image('a');
const FORGED = image('b');

describe('a relay', () => {
  test.each<[string, (relay: ReturnType<typeof makeRelay>) => void, string[]]>([
    [
      'gives a line to the log first, then to the terminal',
      (relay) => relay.line('a'),
      ['log "a\\n"', 'terminal "a\\n"'],
    ],
    [
      'marks a heading',
      (relay) => relay.heading('Build 1'),
      ['log "-----> Build 1\\n"', 'terminal "-----> Build 1\\n"'],
    ],
    ['shows progress, and does not log it', (relay) => relay.progress('5 %'), ['terminal "       5 %\\r"']],
    [
      'cuts what the factory says into lines',
      (relay) => {
        relay.factory(Buffer.from('a\nb'));
        relay.factory(Buffer.from('c\n'));
      },
      ['log "a\\n"', 'terminal "a\\n"', 'log "bc\\n"', 'terminal "bc\\n"'],
    ],
    [
      'gives on what the factory said last, without a line feed, at the end',
      (relay) => {
        relay.factory(Buffer.from('a'));
        relay.factoryEnd();
      },
      ['log "a\\n"', 'terminal "a\\n"'],
    ],
    [
      'logs the progress of the factory',
      (relay) => relay.factory(Buffer.from('1 %\r2')),
      ['log "1 %\\r"', 'terminal "1 %\\r"'],
    ],
  ])('%s', (_, act, expected) => {
    const { relay, steps } = openRelay();
    act(relay);
    expect(steps).toEqual(expected);
  });
});

describe('what the factory says', () => {
  test.each<[string, string[], PushedImage | undefined, string | null]>([
    ['nothing', [], undefined, null],
    ['a good end', ['-----> Pushing to w:5000/app\n', `${formatPushed(GOOD)}\n`], GOOD, null],
    ['a good end without a line feed', [formatPushed(GOOD)], GOOD, null],
    ['a good end with CRLF, the last half missing', [`${formatPushed(GOOD)}\r`], GOOD, null],
    ['a good end in two chunks', [formatPushed(GOOD).slice(0, 20), formatPushed(GOOD).slice(20)], GOOD, null],
    [
      'output that tries to pass for a good end',
      [`       ${formatPushed(FORGED)}\n       error: x\n`],
      undefined,
      null,
    ],
    [
      'a line too long that tries to',
      [`       ${'x'.repeat(16 * 1024 - 7)}${formatPushed(FORGED).slice(0, 5)}`, `${formatPushed(FORGED).slice(5)}\n`],
      undefined,
      null,
    ],
    [
      'a reason',
      ['error: build.sh of app failed with status 1\nhint: mend it\n'],
      undefined,
      'build.sh of app failed with status 1',
    ],
    ['two reasons, of which the last counts', ['error: a\nerror: b\n'], undefined, 'b'],
    ['an empty reason', ['error: \n'], undefined, ''],
  ])('%s', (_, chunks, pushed, error) => {
    const { relay } = openRelay();
    for (const chunk of chunks) relay.factory(Buffer.from(chunk));
    relay.factoryEnd();
    expect(relay.pushed).toEqual(pushed);
    expect(relay.error).toBe(error);
  });

  test.each<[string, string[], number | null]>([
    ['nothing of the size', [`${formatPushed(GOOD)}\n`], null],
    ['the size', [`${formatImageSize(123)}\n${formatPushed(GOOD)}\n`], 123],
    ['the size in two chunks', [formatImageSize(1234).slice(0, 30), `${formatImageSize(1234).slice(30)}\n`], 1234],
    ['output that tries to pass for the size', [`       ${formatImageSize(5)}\n`], null],
  ])('%s', (_, chunks, bytes) => {
    const { relay } = openRelay();
    for (const chunk of chunks) relay.factory(Buffer.from(chunk));
    relay.factoryEnd();
    expect(relay.imageBytes).toBe(bytes);
  });

  test('is not what port says', () => {
    const { relay } = openRelay();
    relay.line(formatPushed(FORGED));
    relay.line(formatImageSize(5));
    relay.line('error: of port');
    expect([relay.pushed, relay.imageBytes, relay.error]).toEqual([undefined, null, null]);
  });
});
