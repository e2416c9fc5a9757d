import { readFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '../../../src/port/log.ts';

/** What a log of at most `maxBytes` holds of some lines, without the times. */
async function logOf(lines: readonly string[], maxBytes: number): Promise<string[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'doskara-log-'));
  const file = join(folder.path, '1.log');
  const log = openLog(file, maxBytes, (reason) => expect.fail(String(reason)));
  for (const text of lines) log.add({ text, end: '\n' });
  log[Symbol.dispose]();
  log[Symbol.dispose]();
  return readFileSync(file, 'utf8')
    .trimEnd()
    .replaceAll(/^\S+Z /gm, '')
    .split('\n');
}

const LINES = Array.from({ length: 50_000 }, (_, i) => `       line ${i}`);
const FULL = /^warning: this log has reached 1\.0 MB \(doskara\.maxLog\)/;

test('a log within its limit is complete', async () => {
  expect(await logOf(LINES, 1024 ** 3)).toEqual(LINES);
});

test('a log over its limit keeps its beginning and its end, and says in between how much is missing', async () => {
  const logged = await logOf(LINES, 1024 ** 2);
  const gap = logged.findIndex((line) => FULL.test(line));
  expect(logged.slice(0, gap)).toEqual(LINES.slice(0, gap));
  const [, missing = ''] = /^warning: (\d+) lines \(\d+ KB\) left out here$/.exec(logged[gap + 1] ?? '') ?? [];
  expect(logged.slice(gap + 2)).toEqual(LINES.slice(gap + Number(missing)));
  expect(gap).toBeGreaterThan(20_000);
  expect(logged.length - gap).toBeGreaterThan(1000);
});

test('a log just over its limit lacks nothing', async () => {
  const logged = await logOf(LINES, LINES.join('\n').length + LINES.length * 25 - 100);
  expect(logged.filter((line) => !/^warning: /.test(line))).toEqual(LINES);
  expect(logged).toHaveLength(LINES.length + 1);
});
