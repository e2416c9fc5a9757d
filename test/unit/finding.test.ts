import { describe, expect, test } from 'vitest';
import { isAppName } from '../../src/contract.ts';
import { command } from '../../src/errors.ts';
import { PROBE_APP } from '../../src/factory/docker/registry-probe.ts';
import { warehouseHint } from '../../src/factory/messages/docker.ts';
import { error, type Finding, findingLines, formatFinding, ok, parseFinding, warning } from '../../src/finding.ts';

describe('findings', () => {
  test.each<[Finding]>([
    [ok('disk', '1 GB free')],
    [warning('disk', 'disk-low', 'little', 'make room')],
    [error('disk', 'disk-full', 'nothing "left"\n\u2028', 'make room')],
    [{ ...ok('clock', 'it says noon'), time: '2026-01-02T03:04:05.678Z' }],
    [{ ...ok('builds', 'two run'), maxBuilds: 4 }],
  ])('are parsed as they were written: %j', (finding) => {
    expect(formatFinding(finding)).not.toContain('\n');
    expect(parseFinding(formatFinding(finding))).toEqual(finding);
  });

  test.each([
    '',
    'Welcome!',
    'ok: 1 GB free',
    '{',
    'null',
    '[]',
    '{"level":"fine","subject":"disk","code":"ok","text":"x"}',
    '{"level":"ok","subject":"disk","code":"ok","text":5}',
    '{"level":"ok","text":"x"}',
  ])('are not parsed from %j', (line) => {
    expect(parseFinding(line)).toBeUndefined();
  });

  test('of any length fit into a line that port does not split', () => {
    const finding = error('warehouse', 'warehouse-refused', 'x'.repeat(1e6), 'y'.repeat(1e6));
    expect(formatFinding(finding).length).toBeLessThan(16 * 1024);
  });

  test('are shown as one line, and one for the hint', () => {
    expect(findingLines(ok('disk', 'a'))).toEqual(['ok: a']);
    expect(findingLines(error('disk', 'c', 'a', ['type: ', command('list')]))).toEqual([
      'error: a',
      'hint: type: doskara list',
    ]);
  });
});

test("the canary's name is not a valid app name", () => {
  expect(isAppName(PROBE_APP)).toBe(false);
});

test.each([
  ['denied: requested access to the resource is denied', 'docker login w:5000'],
  ['no basic auth credentials', 'docker login w:5000'],
  ['unauthorized: authentication required', 'docker login w:5000'],
  ['unexpected status from PUT request: 403 Forbidden', 'docker login w:5000'],
  ['Get "https://w:5000/v2/": http: server gave HTTP response to HTTPS client', '{"insecure-registries": ["w:5000"]}'],
  ['dial tcp 127.0.0.1:1: connect: connection refused', 'is the registry running? on the factory: docker pull x'],
])("a warehouse's answer, %j, has a hint", (reason, hint) => {
  expect(warehouseHint('w:5000', reason, 'docker pull x')).toContain(hint);
});
