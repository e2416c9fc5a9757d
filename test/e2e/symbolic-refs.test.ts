import { expect, test } from 'vitest';
import { finding, wrongWith } from '../rig/doctor.ts';
import { gatedApp, gitOnPort, headOf } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('a push to an alias of the build branch does not bypass the gate', async () => {
  const app = await gatedApp(use.platform, 'gated');
  await app.push();
  const good = await headOf(use.platform, 'gated');
  const alias = ['symbolic-ref', 'refs/heads/production', 'refs/heads/main'];
  await gitOnPort(use.platform, 'gated', ...alias);
  await app.commit({ 'build.sh': 'exit 1' });
  const { exitCode, lines } = await app.push('HEAD:refs/heads/production');
  expect(exitCode).not.toBe(0);
  expect(lines.at(-1)).toMatch(/^error: gated build 2 failed/);
  expect(await headOf(use.platform, 'gated')).toBe(good);

  const next = await app.commit({ 'build.sh': 'true' });
  const taken = await app.push('HEAD:refs/heads/production');
  expect(taken.exitCode).toBe(0);
  expect(taken.lines.at(-1)).toMatch(/^success: gated build 3 built/);
  expect(await headOf(use.platform, 'gated')).toBe(next);
  expect(await use.platform.latestRevision('gated')).toBe(next);

  expect((await wrongWith(use.platform)).found).toEqual([
    finding(
      'warning refs',
      'port',
      'gated: refs/heads/production is an alias of main',
      / symbolic-ref --delete refs\/heads\/production$/,
    ),
  ]);
});

test('if the build branch is an alias, a push to either name is built', async () => {
  const app = await gatedApp(use.platform, 'renamed');
  await gitOnPort(use.platform, 'renamed', 'symbolic-ref', 'refs/heads/main', 'refs/heads/trunk');
  await app.commit({ 'build.sh': 'exit 1' });
  expect((await app.push('HEAD:refs/heads/trunk')).exitCode).not.toBe(0);
  expect(await headOf(use.platform, 'renamed', 'refs/heads/trunk')).toBe('');
});

test('without the gate, too, a push to an alias of the build branch is built', async () => {
  const app = await use.platform.app('open');
  await app.push();
  await gitOnPort(use.platform, 'open', 'symbolic-ref', 'refs/heads/production', 'refs/heads/main');
  const next = await app.commit({ a: '1' });
  expect((await app.push('HEAD:refs/heads/production')).lines.at(-1)).toMatch(/^success: open build 2 built/);
  expect(await use.platform.latestRevision('open')).toBe(next);
});
