import { expect, test } from 'vitest';
import { untilLogged } from '../rig/gate.ts';
import { makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { ssh } from '../rig/ssh.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = usePlatform();

test('a pusher rolls back to a build by its number, sees what is live, and an admin does so after a rename', async () => {
  const app = await use.platform.app('far');
  await app.push();
  const first = (await app.git('rev-parse', 'HEAD')).stdout;
  await app.commit({ a: '2' });
  await app.push();
  const { exitCode, stdout, stderr } = await ssh(use.platform, app, 'rollback', 'far', '1');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^success: far build 3 built /m);
  expect(stderr).toMatch(/^hint: to go forward again: ssh \S+@\S+ rollback far 2$/);
  expect(use.platform.record('far', 3)).toMatchObject({ who: 'alice', why: 'rollback', commit: first });
  expect(await use.platform.latestRevision('far')).toBe(first);
  const status = (await ssh(use.platform, app, 'status', 'far')).stdout;
  expect(status).toMatch(/^live +\w{12} a change\n +build 3, rollback to build 1 by alice \d+ s ago/);
  const json = JSON.parse((await ssh(use.platform, app, 'status', 'far', '--json')).stdout);
  expect(json).toMatchObject({ live: { commit: first, number: 3, rollbackTo: 1 } });

  // the images from before a rename stay under the old name
  await use.platform.doskara('rename', 'far', 'near');
  const { commit, digest } = use.platform.record('near', 2);
  const forward = await use.platform.doskara('rollback', 'near', '2');
  expect(forward.all).toMatch(/^success: near build 4 built \S+\/near@sha256:/m);
  const { registry } = use.platform.shared;
  for (const tag of ['latest', String(commit)]) expect(await imageIn(registry, 'near', tag)).toMatchObject({ digest });
  // the rollback's own record has the new name, and the image as well
  expect((await use.platform.doskara('rollback', 'near', '1')).exitCode).toBe(0);
  expect((await use.platform.doskara('rollback', 'near', '4')).exitCode).toBe(0);
  expect(await use.platform.latestRevision('near')).toBe(commit);
});

test('a rollback to what is not there says so, and what to type next', async () => {
  const app = await use.platform.app('gone', { 'build.sh': 'exit 1', 'run.sh': 'true' });
  await app.push();
  const unbuilt = await use.platform.doskara('rollback', 'gone', 'main');
  expect(unbuilt.exitCode).toBe(2);
  expect(unbuilt.all).toContain('hint: to build it: doskara replay gone main');
  const failed = await use.platform.doskara('wait', 'gone');
  expect([failed.exitCode, failed.stdout]).toEqual([
    1,
    expect.stringMatching(/^error: gone build 1 failed in \S+ s: build\.sh failed with exit code 1$/),
  ]);
  expect((await use.platform.doskara('rollback', 'nowhere')).all).toContain('there is no app nowhere');
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
  const waiting = ssh(use.platform, app, 'wait', 'late', third);
  const rollback = use.platform.doskara('rollback', 'late');
  await untilLogged(use.platform, 'late', 4, 'Waiting');
  go.give();
  const { exitCode, all } = await rollback;
  expect((await push).lines.at(-1)).toMatch(/^success: late build 3 built/);
  expect(await waiting).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^success: late build 3 built/) });
  expect(exitCode).toBe(0);
  expect(all).toContain(`back from ${third.slice(0, 12)} (build 3) to ${second.slice(0, 12)}`);
  expect(use.platform.record('late', 4)).toMatchObject({ commit: second, why: 'rollback', outcome: 'built' });
  expect(await use.platform.latestRevision('late')).toBe(second);
});
