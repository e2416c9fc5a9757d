import { describe, expect, test } from 'vitest';
import { makeRawReader } from '../../../../src/factory/docker/raw-progress.ts';

const START = '2026-05-04T08:02:27.75827641Z';
const END = '2026-05-04T08:02:27.973219907Z';
const RUN = '[5/5] RUN --mount=type=cache ["/bin/sh","-c","build"]';

const line = (news: object) => JSON.stringify(news);
const step = (digest: string, name: string, more: object = {}) => line({ vertexes: [{ digest, name, ...more }] });
const log = (vertex: string, text: string | Buffer) =>
  line({ logs: [{ vertex, stream: 1, data: Buffer.from(text).toString('base64'), timestamp: START }] });
const status = (vertex: string, id: string, more: object = {}) =>
  line({ statuses: [{ id, vertex, current: 0, timestamp: START, ...more }] });

const MANIFEST = `pushing manifest for w:5000/a:latest@sha256:${'0'.repeat(64)}`;

function readAll(lines: readonly string[]) {
  const reader = makeRawReader();
  const progress = [...lines.flatMap((each) => reader.read(each)), ...reader.end()];
  const output = progress.map((each) => (each.kind === 'output' ? each.text + each.end : '')).join('');
  return { kinds: progress.map(({ kind }) => kind), output, failure: reader.failure() };
}

describe('output', () => {
  test.each<[string, string[], string]>([
    ['in pieces of any size', [log('r', 'fir'), log('r', 'st\nsecond'), log('r', '\n')], 'first\nsecond\n'],
    ['with a character split between two', [log('r', Buffer.from([0xc3])), log('r', Buffer.from([0xa9, 10]))], 'é\n'],
    ['after a carriage return', [log('r', '10%\rerror: checksum\n')], '10%\rerror: checksum\n'],
    ['with other line separators', [log('r', 'a\u2028b\u2029c\x85d\n')], 'a\u2028b\u2029c\x85d\n'],
    ['of two steps at once', [log('a', 'one '), log('b', 'two\n'), log('a', 'three\n')], 'two\none three\n'],
    [
      "that looks like buildx's JSON",
      [log('r', `${step('x', 'exporting to image', { started: START })}\n`)],
      `${step('x', 'exporting to image', { started: START })}\n`,
    ],
    [
      'without a line feed, when its step ends',
      [log('r', 'the end'), step('r', RUN, { completed: END }), log('s', 'x\n')],
      'the end\nx\n',
    ],
    ['without a line feed, when nothing more comes', [log('r', 'the end')], 'the end\n'],
  ])('%s', (_, lines, expected) => {
    expect(readAll(lines).output).toBe(expected);
  });

  test('in one line of a megabyte is complete, split into shorter lines', () => {
    const { output } = readAll([log('r', 'x'.repeat(2 ** 20)), step('r', RUN, { completed: END })]);
    expect(output.replaceAll('\n', '')).toBe('x'.repeat(2 ** 20));
  });

  test('that BuildKit spreads over several messages, the first of which ends the step, is unchanged', () => {
    const data = (text: string) => Buffer.from(text).toString('base64');
    const first = { vertex: 'r', data: data(`${`${'x'.repeat(7)}\n`.repeat(2 ** 17)}a li`) };
    const steps = [
      { digest: 'r', name: RUN, completed: END },
      { digest: 'e', name: 'exporting to image', started: START },
    ];
    const rest = [log('r', 'ne in tw'), log('r', 'o\n'), log('r', 'the end')];
    const all = [line({ vertexes: steps, logs: [first, { vertex: 'r', data: data('') }] }), ...rest];
    const { kinds, output } = readAll([...all, status('e', 'exporting layers'), log('s', 'x\n')]);
    expect(output.replaceAll(/^x{7}\n/gm, '')).toBe('a line in two\nthe end\nx\n');
    expect(kinds.slice(-4)).toEqual(['output', 'output', 'export', 'output']);
    expect(readAll(all).kinds.slice(-3)).toEqual(['output', 'output', 'export']);
  });

  test('that BuildKit left out is reported', () => {
    expect(readAll([log('r', '\n[output clipped, log limit 200KiB/s reached]\n')]).kinds).toEqual([
      'output',
      'clipped',
    ]);
  });
});

test.each<[string, string[], string[]]>([
  ['a step taken from the cache', [step('r', RUN, { started: START, completed: END, cached: true })], ['cached']],
  [
    'a step that starts, once',
    [step('r', RUN, { started: START }), step('r', RUN, { started: START, completed: END })],
    ['step'],
  ],
  ['the base image, which is no step', [step('f', '[build 1/5] FROM a', { started: START, cached: true })], []],
  ["BuildKit's own steps, which are none", [step('i', '[internal] load build context', { started: START })], []],
  [
    'which step speaks',
    [
      step('a', '[a 2/3] RUN a', { started: START }),
      step('b', '[b 2/3] RUN b', { started: START }),
      ...[log('b', '1\n'), log('a', '2\n'), log('a', '3\n'), log('b', '4\n')],
    ],
    ['step', 'step', 'output', 'step', 'output', 'output', 'step', 'output'],
  ],
  ['a step that is only announced', [step('r', RUN), step('e', 'exporting to image')], []],
  ["BuildKit's export", [step('e', 'exporting to image', { started: START })], ['export']],
  [
    'the push of a manifest, when it has ended',
    [
      status('e', MANIFEST),
      status('e', MANIFEST, { completed: END }),
      status('e', 'pushing layers', { completed: END }),
    ],
    ['pushed'],
  ],
  ['the push by the engine', [step('p', 'pushing w:5000/a:latest with docker', { started: START })], ['export']],
])('recognizes %s', (_, lines, kinds) => {
  expect(readAll(lines).kinds).toEqual(kinds);
});

describe('a failure', () => {
  const SAID = ['Dockerfile:2', '-'.repeat(20), '-'.repeat(20), 'ERROR: failed to build: failed to solve: the reason'];

  test.each<[string, string[], object]>([
    [
      'of build.sh',
      [step('r', RUN, { error: 'process "sh -c exit code: 4" did not complete successfully: exit code: 3' })],
      { status: 3, step: RUN, pushing: false },
    ],
    [
      'to push, of BuildKit',
      [status('e', 'pushing layers'), step('e', 'exporting to image', { error: 'failed to push w/a: denied' })],
      { status: undefined, pushing: true },
    ],
    [
      'to push, of the engine',
      [step('p', 'pushing w/a:latest with docker', { error: 'denied' })],
      { status: undefined, pushing: true },
    ],
    [
      'to export',
      [status('e', 'exporting layers'), step('e', 'exporting to image', { error: 'no space left on device' })],
      { status: undefined, pushing: false },
    ],
    [
      'of another step, which cancels build.sh',
      [step('r', RUN, { error: 'context canceled' }), step('b', '[internal] load metadata', { error: 'not found' })],
      { status: undefined, step: '[internal] load metadata', pushing: false },
    ],
    ['before anything', [], { status: undefined, pushing: false }],
  ])('%s', (_, lines, expected) => {
    expect(readAll([...lines, ...SAID]).failure).toMatchObject({
      ...expected,
      reason: 'the reason',
      excerpt: SAID.slice(0, 3),
    });
  });

  test('is reported by docker, not by what the build prints', () => {
    const lines = [
      log('r', '{"vertexes":[{"digest":"e","name":"exporting to image","error":"exit code: 1"}]}\nERROR: x\n'),
    ];
    expect(readAll(lines).failure).toMatchObject({ status: undefined, pushing: false, reason: 'it said nothing' });
  });
});

test('objects that buildx 0.13 spreads over many lines are parsed', () => {
  const spread = (text: string) => JSON.stringify(JSON.parse(text), null, 2).split('\n');
  const lines = [...spread(log('r', 'first\n{\n')), ...spread(log('r', '}\n')), 'ERROR: the reason'];
  expect(readAll(lines)).toMatchObject({ output: 'first\n{\n}\n', failure: { reason: 'the reason' } });
});

test.each(['{', '{"vertexes": 5', '', 'null'])("%j is read as docker's own message", (text) => {
  expect(readAll([text]).kinds).toEqual([]);
});

test('a base image for another platform is told; warnings about style are not', () => {
  const warning = (short: string) => ({ vertex: 'd', short: Buffer.from(short).toString('base64') });
  const text = 'InvalidBaseImagePlatform: Base image x was pulled with platform "linux/amd64", expected "linux/arm64"';
  const reader = makeRawReader();
  const news = line({ warnings: [warning('FromAsCasing: x'), warning(text), {}] });
  expect(reader.read(news)).toEqual([{ kind: 'base-platform', text }]);
});
