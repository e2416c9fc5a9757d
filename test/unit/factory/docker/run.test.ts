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
