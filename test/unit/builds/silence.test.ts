import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openRelay } from '../../../src/builds/open-relay.ts';
import type { BuildRecord } from '../../../src/port/build-record.ts';
import { stillRunning } from '../../../src/port/messages/build.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const recordOf = (about: Partial<BuildRecord>) =>
  ({ why: 'push', queued: after(0), started: after(0), finished: null, ...about }) as BuildRecord;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A relay, and everything that its terminal and its log have got. */
function openBuild(record: BuildRecord) {
  const terminal: string[] = [];
  const logged: string[] = [];
  const output = {
    show: ({ text }: { text: string }) => terminal.push(text),
    aside: (text: string) => terminal.push(text),
    drain: async () => {},
    lost: false,
    typed: () => '',
  };
  const log = { add: ({ text }: { text: string }) => logged.push(text), [Symbol.dispose]: () => {} };
  return { terminal, logged, relay: openRelay(record, log, output) };
}

const seconds = (count: number) => vi.advanceTimersByTime(count * 1000);

test('the terminal of a silent build gets a line every half minute, and its log gets none', () => {
  const { terminal, logged, relay } = openBuild(recordOf({}));
  relay.line('started');
  seconds(29);
  expect(terminal).toEqual(['started']);
  seconds(61);
  const life = ['       still building: 30 s', '       still building: 60 s', '       still building: 90 s'];
  expect(terminal).toEqual(['started', ...life]);
  expect(logged).toEqual(['started']);
});

test('each line and each state of a progress line begins the half minute again', () => {
  const { terminal, relay } = openBuild(recordOf({}));
  seconds(20);
  relay.factory(Buffer.from('       from the factory\n'));
  seconds(29);
  relay.progress('5 %');
  seconds(29);
  expect(terminal).toHaveLength(2);
  seconds(1);
  expect(terminal.at(-1)).toBe('       still building: 79 s');
});

test('once the build is over, nothing more appears', () => {
  const { terminal, relay } = openBuild(recordOf({}));
  relay[Symbol.dispose]();
  seconds(60);
  expect(terminal).toEqual([]);
});

test.each<[string, Partial<BuildRecord>]>([
  ['still waiting: 90 s', { started: null }],
  ['still building: 60 s', { started: after(30) }],
  ['still rolling back: 60 s', { why: 'rollback', started: after(30) }],
  ['still running doskara.afterBuild: 30 s', { started: after(30), finished: after(60) }],
])('it says %s', (text, about) => {
  expect(stillRunning(recordOf(about), START + 90_000)).toBe(text);
});
