import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Shared by both sides, settings parsers, and the class itself. */
const EXEMPT = /^(?:factory\/|(?:lock|drop-privileges|contract|errors|port\/settings)\.ts$)/;
const MESSAGES = /^port\/messages(?:\.ts|\/)/;

test('only the messages modules of port contain error texts', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const wordy = files
    .filter((file) => !EXEMPT.test(file) && !MESSAGES.test(file))
    .filter((file) => readFileSync(join('src', file), 'utf8').includes('new Trouble('));
  expect(wordy).toEqual([]);
});
