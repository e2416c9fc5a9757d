import { expect, test } from 'vitest';
import { untilLogged } from '../rig/gate.ts';
import { makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('rollback makes the earlier image the latest without a build, reconcile keeps it, and the next push builds as usual', async () => {
  const app = await use.platform.app('back');
  await app.push();
  const first = (await app.git('rev-parse', 'HEAD')).stdout;
  const second = await app.commit({ a: '2' });
  await app.push();
  const { exitCode, stdout } = await use.platform.doskara('rollback', 'back');
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toContain(`Build 3 of back: back from ${second.slice(0, 12)} (build 2) to ${first.slice(0, 12)}`);
  expect(lines.at(-1)).toMatch(/^success: back build 3 built /);
  expect(stdout).not.toContain('Building on');
  const { digest, imageBytes } = use.platform.record('back', 1);
  expect(use.platform.record('back', 3)).toMatchObject({
    why: 'rollback',
    commit: first,
    digest,
    imageBytes,
    archive: null,
  });
  expect(await use.platform.latestRevision('back')).toBe(first);
  expect((await app.git('ls-remote', 'doskara', 'refs/built/main')).stdout).toContain(first);

  await use.platform.doskara('reconcile', 'back');
  expect(await use.platform.latestRevision('back')).toBe(first);
  expect((await use.platform.doskara('rollback', 'back')).all).toContain('back has no earlier image to roll back to');
  expect((await use.platform.doskara('rollback', 'back', second)).exitCode).toBe(0);
  expect(await use.platform.latestRevision('back')).toBe(second);
  const third = await app.commit({ a: '3' });
  await app.push();
  expect(await use.platform.latestRevision('back')).toBe(third);
});

test('a rollback to something that does not exist says so, and what to type next', async () => {
  const app = await use.platform.app('gone', { 'build.sh': 'exit 1', 'run.sh': 'true' });
  await app.push();
  const unbuilt = await use.platform.doskara('rollback', 'gone', 'main');
  expect(unbuilt.exitCode).toBe(2);
  expect(unbuilt.all).toContain('hint: to build it: doskara replay gone main');
  expect((await use.platform.doskara('rollback', 'nowhere')).all).toContain('there is no app nowhere');

  const digest = `sha256:${'0'.repeat(64)}`;
  const { exitCode, all } = await use.platform.runner(['--retag', 'gone', digest], '');
  expect(exitCode).toBe(5);
  expect(all).toContain(`error: ${use.platform.shared.registry}/gone@${digest} not found in the warehouse`);
  expect(all).toContain('hint: on port, to build its commit again: doskara replay <app> <commit>');
});

test('a rollback that waits for a build goes back to the one before that build', async () => {
  const app = await use.platform.app('late');
  await app.push();
  const second = await app.commit({ a: '2' });
  await app.push();
  using go = await makeGo(use.platform);
  const third = await app.commit({ 'build.sh': `echo started; ${go.wait}\n` });
  const push = app.push();
  await untilLogged(use.platform, 'late', 3, '       started');
  const rollback = use.platform.doskara('rollback', 'late');
  await untilLogged(use.platform, 'late', 4, 'Waiting');
  go.give();
  const { exitCode, all } = await rollback;
  expect((await push).lines.at(-1)).toMatch(/^success: late build 3 built/);
  expect(exitCode).toBe(0);
  expect(all).toContain(`back from ${third.slice(0, 12)} (build 3) to ${second.slice(0, 12)}`);
  expect(use.platform.record('late', 4)).toMatchObject({ commit: second, why: 'rollback', outcome: 'built' });
  expect(await use.platform.latestRevision('late')).toBe(second);
});
