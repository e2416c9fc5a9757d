import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { gatedApp, headOf } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('a push option counts no matter how many precede it, and unknown ones are reported briefly', async () => {
  const app = await use.platform.app('many');
  const options = Array.from({ length: 150 }, (_, i) => ['-o', `x${i}`]).flat();
  const { lines } = await app.push(...options, '-o', 'skip', 'main');
  expect(lines[0]).toBe('warning: "x0", "x1", "x2" and 147 more are not push options; use detach, no-cache or skip');
  expect(lines.at(-1)).toMatch(/^warning: many build 1 cancelled/);
});

/** Pushes with more push options than an environment can hold. */
async function pushTooMuch(app: Clone) {
  const file = join(use.platform.folder, 'too-much');
  writeFileSync(file, `[push]\n${`\tpushOption = ${'x'.repeat(60_000)}\n`.repeat(150)}`);
  return app.git('-c', `include.path=${file}`, 'push', 'doskara', 'main');
}

describe('if there are too many push options for a hook to start', () => {
  test('git reports it, and reconcile builds what git accepted', async () => {
    const app = await use.platform.app('unstarted');
    const { all } = await pushTooMuch(app);
    expect(all).toContain('Argument list too long');
    expect(await headOf(use.platform, 'unstarted')).not.toBe('');
    expect((await use.platform.doskara('doctor')).all).toMatch(
      /^warning: unstarted: its head, \w{12}, was not built$/m,
    );
    expect((await use.platform.doskara('reconcile', 'unstarted')).all).toMatch(/^success: unstarted build 1 built/m);
  });

  test('a gated push is rejected', async () => {
    const app = await gatedApp(use.platform, 'shut');
    expect((await pushTooMuch(app)).exitCode).not.toBe(0);
    expect(await headOf(use.platform, 'shut')).toBe('');
  });
});

test('git archive --remote is refused, since it would run gpg on what a pusher wrote', async () => {
  const app = await use.platform.app('remote');
  await app.push();
  const url = (await app.git('remote', 'get-url', 'doskara')).stdout;
  const { exitCode, all } = await app.git('archive', `--remote=${url}`, 'main');
  expect(exitCode).not.toBe(0);
  expect(all).toContain('error: git archive --remote is not available here');
});
