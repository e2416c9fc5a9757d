import { expect, test } from 'vitest';
import { stream } from '../../../../src/factory/docker/run.ts';

const { signal } = new AbortController();

test.each([
  ['cannot be started', ['docker'], { PATH: '/nowhere' }, 'cannot run docker: ENOENT'],
  ['a signal ends', ['sh', '-c', 'kill -9 $$'], {}, 'killed by SIGKILL'],
])('of a program that %s the last line says so', async (_, command, env, said) => {
  const lines: string[] = [];
  expect(await stream(command, { env, signal, onLine: (line) => lines.push(line) })).toBe(true);
  expect(lines).toEqual([said]);
});

test('a line of 40 MB is read in parts and completely, and lines end with CRLF or LF', async () => {
  const lines: string[] = [];
  const command = ['sh', '-c', "head -c 40000000 /dev/zero | tr '\\0' x; printf '\\nshort\\r\\n\\nlast'"];
  expect(await stream(command, { signal, onLine: (line) => lines.push(line) })).toBe(false);
  expect(lines.slice(-3)).toEqual(['short', '', 'last']);
  const parts = lines.slice(0, -3).map((line) => line.length);
  expect(parts.reduce((sum, length) => sum + length, 0)).toBe(40_000_000);
  expect(Math.max(...parts)).toBeLessThan(17_000_000);
});
