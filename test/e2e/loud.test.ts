import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

/** 10 MB, with no two lines the same. */
const LINES = Array.from({ length: 100_000 }, (_, i) => `line ${i} ${'.'.repeat(100 - `${i}`.length)}`);

test('a build that prints 10 MB at once succeeds, and its log has all of it or says how much is missing', async () => {
  const files = { 'build.sh': 'cat loud.txt\n', 'run.sh': 'true\n', 'loud.txt': `${LINES.join('\n')}\n` };
  const app = await use.platform.app('loud', files);
  expect((await app.push()).lines.at(-1)).toMatch(/^success: loud build 1 built/);
  const log = use.platform.log('loud', 1);
  const logged = log.split('\n').flatMap((line) => / {7}(line .*)$/.exec(line)?.[1] ?? []);
  // Docker 20.10 can't keep more than 1 MB
  const isClipped = /^\S+ warning: Docker dropped part of this build's output/m.test(log);
  expect(logged.length).toBeGreaterThanOrEqual(isClipped ? 9000 : LINES.length);
  expect(logged.slice(0, 9000)).toEqual(LINES.slice(0, 9000));
});
