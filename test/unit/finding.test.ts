import { describe, expect, test } from 'vitest';
import { isAppName } from '../../src/contract.ts';
import { CANARY } from '../../src/factory/docker/probe.ts';
import { warehouseHint } from '../../src/factory/words.ts';
import {
  clockLine,
  error,
  type Finding,
  findingLines,
  makeFindingReader,
  ok,
  readClock,
  subjectOf,
  warning,
} from '../../src/finding.ts';

describe('findings', () => {
  test.each<[string, string[], Finding[]]>([
    [
      'as they are written',
      [ok('a'), warning('b', 'c'), error('d', 'e')].flatMap(findingLines),
      [ok('a'), warning('b', 'c'), error('d', 'e')],
    ],
    ['without a hint, as older runners write them', ['error: a', 'ok: b'], [{ ...ok('a'), level: 'error' }, ok('b')]],
    [
      "with a hint that is nobody's, or a second one",
      ['hint: x', 'ok: a', 'hint: y', 'error: b', 'hint: c', 'hint: d'],
      [ok('a'), error('b', 'c')],
    ],
    [
      'between lines that are none',
      ['Welcome!', 'ok: a', ' ok: b', 'okay: c', 'error: d', 'other', 'hint: e'],
      [ok('a'), { ...ok('d'), level: 'error' }],
    ],
    ['that are none at all', ['sh: not found', ''], []],
  ])('are read %s', (_, lines, findings) => {
    const told: Finding[] = [];
    const reader = makeFindingReader((finding) => told.push(finding));
    lines.forEach(reader.line);
    reader.end();
    expect(told).toEqual(findings);
  });

  test('that are ok are told at once, others when their hint is there', () => {
    const told: string[] = [];
    const reader = makeFindingReader(({ text }) => told.push(text));
    reader.line('ok: a');
    expect(told).toEqual(['a']);
    reader.line('error: b');
    expect(told).toEqual(['a']);
    reader.line('hint: c');
    expect(told).toEqual(['a', 'b']);
  });

  test.each([
    ['the clock says …', 'clock'],
    ["the docker CLI x can't be run", 'docker-cli'],
    ['the Docker Engine does not answer: no', 'docker-engine'],
    ['base image x', 'base-image'],
    ['the warehouse x took no image: no', 'warehouse'],
    ['disk: 1 GB free', 'disk'],
    ['diskette', 'runner'],
    ['this is a bug of the runner', 'runner'],
  ])('%j is about %s', (text, subject) => {
    expect(subjectOf(ok(text))).toBe(subject);
  });
});

test('a clock is read as it was written, and nothing else is one', () => {
  const now = new Date('2026-01-02T03:04:05.678Z');
  expect(readClock(ok(clockLine(now)))).toBe(now.getTime());
  for (const text of ['the clock says noon (UTC)', 'the clock says 2026-13-02T03:04:05Z (UTC)', 'disk: 1 GB free'])
    expect(readClock(ok(text))).toBeUndefined();
});

test("the canary's name can't be an app's", () => {
  expect(isAppName(CANARY)).toBe(false);
});

test.each([
  ['denied: requested access to the resource is denied', 'docker login w:5000'],
  ['no basic auth credentials', 'docker login w:5000'],
  ['unauthorized: authentication required', 'docker login w:5000'],
  ['unexpected status from PUT request: 403 Forbidden', 'docker login w:5000'],
  ['Get "https://w:5000/v2/": http: server gave HTTP response to HTTPS client', '{"insecure-registries": ["w:5000"]}'],
  ['dial tcp 127.0.0.1:1: connect: connection refused', 'is the registry running? on the factory: docker pull x'],
])('what a warehouse says, %j, has a hint', (reason, hint) => {
  expect(warehouseHint('w:5000', reason, 'docker pull x')).toContain(hint);
});
