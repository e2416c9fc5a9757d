import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = usePlatform();

const digestOf = async (app: string) => (await imageIn(use.platform.shared.registry, app))?.digest;

test('doskara replay of an old commit sends the same bytes and builds the same image as its push', async () => {
  const app = await use.platform.app('again');
  const one = (await app.git('rev-parse', 'HEAD')).stdout;
  await app.push();
  const digest = await digestOf('again');
  expect(digest).toMatch(/^sha256:/);
  await app.append('build.sh', 'echo more\n');
  await app.git('tag', 'v9');
  await app.push('main', 'v9');

  const { exitCode, all } = await use.platform.doskara('replay', 'again', one.slice(0, 9));
  expect(exitCode).toBe(0);
  expect(all).toMatch(/^success: again build 3 built/m);
  expect(use.platform.record('again', 3)).toMatchObject({
    commit: one,
    why: 'replay',
    archive: (use.platform.record('again', 1) as { archive: object }).archive,
  });
  expect(await digestOf('again')).toBe(digest);
});

test('doskara replay --no-cache runs build.sh again', async () => {
  const app = await use.platform.app('fresh');
  await app.push();
  expect((await use.platform.doskara('replay', 'fresh')).all).toContain("using Docker's build cache");
  expect((await use.platform.doskara('replay', 'fresh', '--no-cache')).all).toContain('       built fresh at');
});

test('rollback makes the earlier image the latest without a build, reconcile keeps it, and the next push builds as usual', async () => {
  const app = await use.platform.app('back');
  await app.push();
  const first = (await app.git('rev-parse', 'HEAD')).stdout;
  const second = await app.commit({ a: '2' });
  await app.push();
  const { exitCode, stdout, stderr } = await use.platform.doskara('rollback', 'back');
  expect(exitCode).toBe(0);
  expect(stderr).toBe('hint: to go forward again: doskara rollback back 2');
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

  // for an app that was renamed
  await use.platform.runner(['--retag', '--from', 'back', 'moved', String(digest), first], '');
  const { registry } = use.platform.shared;
  for (const tag of ['latest', first]) expect(await imageIn(registry, 'moved', tag)).toMatchObject({ digest });

  await use.platform.doskara('reconcile', 'back');
  expect(await use.platform.latestRevision('back')).toBe(first);
  expect((await use.platform.doskara('rollback', 'back')).all).toContain('back has no earlier image to roll back to');
  const forward = await use.platform.doskara('rollback', 'back', second);
  expect(forward.stdout).toContain(`: forward from ${first.slice(0, 12)} (build 3) to ${second.slice(0, 12)}`);
  expect(await use.platform.latestRevision('back')).toBe(second);
  const third = await app.commit({ a: '3' });
  await app.push('-o', 'detach', 'main');
  const waited = await use.platform.doskara('wait', 'back');
  expect([waited.exitCode, waited.stdout]).toEqual([0, expect.stringMatching(/^success: back build 5 built \S+ in /)]);
  expect(await use.platform.latestRevision('back')).toBe(third);
});

test('an image that the warehouse does not have cannot be made the latest', async () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const { exitCode, all } = await use.platform.runner(['--retag', 'gone', digest], '');
  expect(exitCode).toBe(5);
  expect(all).toContain(`error: ${use.platform.shared.registry}/gone@${digest} not found in the warehouse`);
  expect(all).toContain('hint: to build its commit again: doskara replay <app> <commit>');
});
