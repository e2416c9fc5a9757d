import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { makeOutput } from '../../../src/factory/output.ts';
import { formatEvent } from '../../../src/runner-events.ts';

const PUSHED = { event: 'pushed', image: 'w/a', digest: `sha256:${'0'.repeat(64)}`, bytes: 5, buildkit: null } as const;

test.each([
  [false, `${formatEvent(PUSHED)}\n`],
  [true, '-----> Pushed\n'],
])('the result is an event for programs, and a heading on a terminal (terminal: %s)', (isTTY, expected) => {
  const stream = Object.assign(new PassThrough(), { isTTY });
  makeOutput(stream).result(PUSHED, 'Pushed');
  expect(stream.read().toString()).toBe(expected);
});
