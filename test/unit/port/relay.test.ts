import { describe, expect, test } from 'vitest';
import { command, forAdmin, type Hint, Trouble } from '../../../src/errors.ts';
import type { OutputLine } from '../../../src/lines.ts';
import { makeRelay } from '../../../src/port/relay.ts';
import { hintForPusher } from '../../../src/pusher-hint.ts';
import { formatEvent, type RunnerEvent } from '../../../src/runner-events.ts';

/** A relay that records each step: where a piece went, and its text. */
function openRelay() {
  const steps: string[] = [];
  const note = (place: string) => (piece: OutputLine) =>
    steps.push(`${place} ${JSON.stringify(piece.text + piece.end)}`);
  const log = { add: note('log'), [Symbol.dispose]: () => {} };
  const output = {
    show: note('terminal'),
    drain: async () => {},
    lost: false,
    typed: (hint: Hint) => hintForPusher(hint, 'ssh git@port'),
  };
  return {
    steps,
    relay: makeRelay({ app: 'shop', commit: 'a'.repeat(40), ref: 'refs/heads/main', tag: 'latest' }, log, output),
  };
}

const pushed = (digit: string) =>
  ({
    event: 'pushed',
    image: 'w:5000/app',
    digest: `sha256:${digit.repeat(64)}`,
    bytes: 5,
    buildkit: null,
  }) satisfies RunnerEvent;
const GOOD = pushed('a');
const FORGED = pushed('b');
const PUSHING = { event: 'pushing', image: 'w:5000/app' } satisfies RunnerEvent;

describe('a relay', () => {
  test.each<[string, (relay: ReturnType<typeof makeRelay>) => void, string[]]>([
    [
      'writes a line first to the log, then to the terminal',
      (relay) => relay.line('a'),
      ['log "a\\n"', 'terminal "a\\n"'],
    ],
    [
      'marks a heading',
      (relay) => relay.heading('Build 1'),
      ['log "-----> Build 1\\n"', 'terminal "-----> Build 1\\n"'],
    ],
    [
      'shows a pusher what to do, and logs it for an admin',
      (relay) => {
        relay.hint(['to build it again: ', command('replay', 'shop')]);
        relay.trouble(new Trouble('disk-full', 4, 'the disk is full', { hint: forAdmin('df -h') }));
      },
      [
        'log "hint: to build it again: doskara replay shop\\n"',
        'terminal "hint: to build it again: ssh git@port replay shop\\n"',
        'log "error: the disk is full\\n"',
        'terminal "error: the disk is full\\n"',
        'log "hint: df -h\\n"',
        'terminal "hint: tell an admin\\n"',
      ],
    ],
    [
      'names the app and the commit of the build in a hint that could not',
      (relay) => {
        const hint = 'to build its commit again: doskara replay <app> <commit>';
        const pusherHint = 'to build its commit again: ssh git@port replay <app> <commit>';
        const event = { event: 'failed', code: 'image-gone', message: 'x', hint, pusherHint } as const;
        relay.factory(Buffer.from(`${formatEvent(event)}\nerror: x\nhint: ${hint}\n`));
        relay.hint(forAdmin(['to allow more: ', command('config', '<app>', 'timeout', '60m')], 'tell an admin'));
      },
      [
        'log "error: x\\n"',
        'terminal "error: x\\n"',
        'log "hint: to build its commit again: doskara replay shop aaaaaaaaaaaa\\n"',
        'terminal "hint: to build its commit again: ssh git@port replay shop aaaaaaaaaaaa\\n"',
        'log "hint: to allow more: doskara config shop timeout 60m\\n"',
        'terminal "hint: tell an admin\\n"',
      ],
    ],
    [
      "shows a pusher the factory's hint for pushers, and logs the one for admins",
      (relay) => {
        const event = { event: 'failed', code: 'x', message: 'x', hint: 'df -h', pusherHint: 'tell an admin' } as const;
        relay.factory(Buffer.from(`${formatEvent(event)}\nerror: x\nhint: df -h\n`));
      },
      ['log "error: x\\n"', 'terminal "error: x\\n"', 'log "hint: df -h\\n"', 'terminal "hint: tell an admin\\n"'],
    ],
    [
      'passes on the hint of a factory that does not know of pushers',
      (relay) => relay.factory(Buffer.from('hint: df -h\ndoskara-event {"event":"failed","code":"x","message":"x"}\n')),
      ['log "hint: df -h\\n"', 'terminal "hint: df -h\\n"'],
    ],
    ['shows progress, and does not log it', (relay) => relay.progress('5 %'), ['terminal "       5 %\\r"']],
    [
      "splits the factory's output into lines",
      (relay) => {
        relay.factory(Buffer.from('a\nb'));
        relay.factory(Buffer.from('c\n'));
      },
      ['log "a\\n"', 'terminal "a\\n"', 'log "bc\\n"', 'terminal "bc\\n"'],
    ],
    [
      'passes on a last line without a line feed at the end',
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

const failed = (message: string) =>
  `${formatEvent({ event: 'failed', code: 'build-failed', message, hint: null, pusherHint: null })}\n`;

describe("reading the factory's output", () => {
  test.each<[string, string[], RunnerEvent | undefined, string | null]>([
    ['nothing', [], undefined, null],
    ['a good end', ['-----> Pushing to w:5000/app\n', `${formatEvent(GOOD)}\n`], GOOD, null],
    ['a good end without a line feed', [formatEvent(GOOD)], GOOD, null],
    ['a good end with CRLF, the last half missing', [`${formatEvent(GOOD)}\r`], GOOD, null],
    ['a good end in two chunks', [formatEvent(GOOD).slice(0, 20), formatEvent(GOOD).slice(20)], GOOD, null],
    ['output that imitates a good end', [`       ${formatEvent(FORGED)}\n       error: x\n`], undefined, null],
    [
      'an overlong line that imitates a good end',
      [`       ${'x'.repeat(16 * 1024 - 7)}${formatEvent(FORGED).slice(0, 5)}`, `${formatEvent(FORGED).slice(5)}\n`],
      undefined,
      null,
    ],
    ['a reason', [`${failed('build.sh failed')}error: other words\nhint: mend it\n`], undefined, 'build.sh failed'],
    ['two reasons, of which the last counts', [`${failed('a')}${failed('b')}`], undefined, 'b'],
    ['an empty reason', [failed('')], undefined, ''],
    ['a reason only for people', ['error: a\n'], undefined, null],
  ])('%s', (_, chunks, event, error) => {
    const { relay } = openRelay();
    for (const chunk of chunks) relay.factory(Buffer.from(chunk));
    relay.factoryEnd();
    expect(relay.pushed).toEqual(event);
    expect(relay.error).toBe(error);
  });

  test('notes that pushing has begun, and neither shows nor logs an event', () => {
    const { relay, steps } = openRelay();
    expect(relay.pushing).toBe(false);
    relay.factory(Buffer.from(`a\n${formatEvent(PUSHING)}\nb\n${formatEvent(GOOD)}\ndoskara-event {"event":"new"}\n`));
    expect(relay.pushing).toBe(true);
    expect(steps).toEqual(['log "a\\n"', 'terminal "a\\n"', 'log "b\\n"', 'terminal "b\\n"']);
  });

  test("ignores port's own lines", () => {
    const { relay } = openRelay();
    relay.line(formatEvent(FORGED));
    relay.line('error: of port');
    expect([relay.pushed, relay.pushing, relay.error]).toEqual([undefined, false, null]);
  });
});

test("a relay keeps the exit code of the runner's failure", () => {
  const { relay } = openRelay();
  expect(relay.errorCode).toBe(null);
  const event = { event: 'failed', code: 'not-gzip', message: 'any text', hint: null, pusherHint: null } as const;
  relay.factory(Buffer.from(`${formatEvent(event)}\n`));
  expect([relay.errorCode, relay.error]).toEqual(['not-gzip', 'any text']);
});
