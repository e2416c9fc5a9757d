import { expect, test } from 'vitest';
import { limitOutput } from '../../../../src/factory/docker/output-limit.ts';

test('a build that prints more than the limit is ended as its own fault, and one below is not', () => {
  using limit = limitOutput(new AbortController().signal, 2 * 1024 ** 2);
  limit.count(2 * 1024 ** 2);
  expect(limit.signal.aborted).toBe(false);
  limit.count(1);
  expect(limit.signal.reason).toMatchObject({ exitCode: 1, message: 'the build printed more than 2.0 MB' });
});

test("the limit passes the build's own signal on", () => {
  const build = new AbortController();
  using limit = limitOutput(build.signal);
  build.abort('cancelled');
  expect(limit.signal.reason).toBe('cancelled');
  expect(limitOutput(build.signal).signal.reason).toBe('cancelled');
});
