import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Shared by both sides, or the class and the findings themselves. */
const EXEMPT =
  /^(?:lock|drop-privileges|contract|key-limit|secrets|dockerfile-options|image-options|errors|finding)\.ts$/;
const MESSAGES = /^(?:port|factory)\/messages\//;
/** An error, or a finding of doctor or --check, with its text. */
const WORDED = /new Trouble\(|(?<![\w.])(?:ok|warning|error)\(\s*['"`]/;

test('port and factory word their errors and findings in their messages alone', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const wordy = files
    .filter((file) => !EXEMPT.test(file) && !MESSAGES.test(file))
    .filter((file) => WORDED.test(readFileSync(join('src', file), 'utf8')));
  expect(wordy).toEqual([]);
});
