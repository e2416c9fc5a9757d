import { expect, test } from 'vitest';
import { parseDryRun } from '../../../../src/factory/warehouse/collect-garbage.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const said = (summary: string, ...eligible: string[]) => [
  'shop',
  '',
  summary,
  ...eligible.map((it) => `blob eligible for deletion: ${it}`),
];

test('the blobs that a dry run names are read', () => {
  expect(parseDryRun(said('6 blobs marked, 2 blobs and 0 manifests eligible for deletion', A, B))).toEqual([A, B]);
  expect(parseDryRun(said('6 blobs marked, 0 blobs and 0 manifests eligible for deletion'))).toEqual([]);
});

test.each([
  ['says nothing', []],
  ['names fewer than it counts', said('6 blobs marked, 2 blobs and 0 manifests eligible for deletion', A)],
  ['would delete manifests', said('6 blobs marked, 1 blobs and 1 manifests eligible for deletion', A)],
  ['says it in other words', [`would delete ${A}`]],
])('a dry run that %s is not understood', (_, lines) => {
  expect(parseDryRun(lines)).toBeUndefined();
});
