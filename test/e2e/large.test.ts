import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('a 200 MB repository is built, and the push shows progress', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`data/${i % 10}/${i}`, randomBytes(2_000_000)]),
  );
  const app = await use.platform.app('large', {
    'build.sh': 'ls data/*/* | wc -l; du -s data\n',
    'run.sh': 'true',
    ...files,
  });
  const { text, all } = await app.push();
  expect(text).toContain('       100');
  expect(all).toMatch(/\d+(?:\.\d)? MB so far, \d+(?:\.\d)? MB\/s/);
  expect(text).toMatch(/^success: large build 1 built/m);
}, 600_000); // an engine that gzips its layers takes minutes on a busy machine
