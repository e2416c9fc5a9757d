import { expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { cloneOf, gatedApp, gitOnPort, headOf, untilLogged } from '../rig/gate.ts';
import { makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = usePlatform();

test('an admin gives images another tag, by digest and without a build, and nothing takes it for what is live', async () => {
  const { platform } = use;
  const { doskara, registry } = { doskara: platform.doskara.bind(platform), registry: platform.shared.registry };
  const app = await platform.app('shop');
  const none = await doskara('promote', 'shop', 'production');
  expect([none.exitCode, none.all]).toEqual([2, expect.stringContaining('shop has no image that is live')]);
  await app.push();
  const first = await headOf(platform, 'shop');
  await app.commit({ a: '2' });
  await app.push();
  const digest = (number: number) => platform.record('shop', number)['digest'];

  const promoted = await doskara('promote', 'shop', '1', 'production');
  expect(promoted.exitCode).toBe(0);
  expect(promoted.all).toContain(`Build 3 of shop: ${first.slice(0, 12)} a change (build 1) becomes production\n`);
  expect(platform.record('shop', 3)).toMatchObject({ why: 'promote', tag: 'production', commit: first, archive: null });
  expect(await imageIn(registry, 'shop', 'production')).toMatchObject({ digest: digest(1), revision: first });
  expect(await imageIn(registry, 'shop')).toMatchObject({ digest: digest(2) });
  expect(await headOf(platform, 'shop', 'refs/promoted/production')).toBe(first);
  const status = (await doskara('status', 'shop')).stdout;
  expect(status).toMatch(/^live +\w{12} a change\n +build 2, pushed by alice/);
  expect(status).toMatch(
    new RegExp(`^tag +production: ${first.slice(0, 12)} a change \\(build 3, by \\S+ \\d+ s ago\\)$`, 'm'),
  );
  const builds = JSON.parse((await doskara('builds', 'shop', '--json')).stdout) as { number: number; live: boolean }[];
  expect(builds.filter(({ live }) => live).map(({ number }) => number)).toEqual([2]);

  // what is live by default, also after a rollback, which goes back from build 2
  expect((await doskara('rollback', 'shop')).exitCode).toBe(0);
  expect((await doskara('promote', 'shop', 'staging')).exitCode).toBe(0);
  for (const tag of ['latest', 'staging'])
    expect(await imageIn(registry, 'shop', tag)).toMatchObject({ digest: digest(1) });
  for (const [args, words] of [
    [['latest'], 'cannot be given'],
    [['9', 'production'], 'shop has no build 9'],
    [[`${first}`], 'cannot be given'],
  ] as const) {
    const refused = await doskara('promote', 'shop', ...args);
    expect([refused.exitCode, refused.all]).toEqual([2, expect.stringContaining(words)]);
  }
  expect((await app.push('HEAD:refs/promoted/mine')).all).toContain('deny updating a hidden ref');
});

test('each branch has its tag, its lock, its verdict and its line', async () => {
  const { platform } = use;
  const { doskara, registry } = { doskara: platform.doskara.bind(platform), registry: platform.shared.registry };
  using go = await makeGo(platform);
  const app = await platform.app('train', { 'build.sh': `echo started; ${go.wait}\n`, 'run.sh': 'true\n' });
  for (const [value, ...more] of [['main'], ['release/*', '--add']])
    expect((await doskara('config', 'train', 'branch', `${value}`, ...more)).exitCode).toBe(0);
  const first = await headOfClone(app);
  const main = app.push();
  await untilLogged(platform, 'train', 1, '       started');

  // the other branch has its lock on port, waits on the factory for the first one, and is cancelled alone
  const other = await cloneOf(platform, app);
  const second = await other.commit({ 'build.sh': 'true\n' });
  const release = other.push('HEAD:release/1.2');
  await untilLogged(platform, 'train', 2, 'Waiting: another build of train is running');
  expect(platform.record('train', 2)).toMatchObject({ tag: 'release-1.2', started: expect.any(String) });
  expect((await doskara('cancel', 'train', '--branch', 'release/1.2')).stdout).toMatch(
    /^error: train build 2 cancelled/,
  );
  expect((await release).lines.at(-1)).toMatch(/^error: train build 2 cancelled/);
  expect((await release).text).toContain('hint: to build it again: ssh ');
  expect((await release).text).toMatch(/ replay train --branch release\/1\.2$/m);
  go.give();
  expect((await main).lines.at(-1)).toMatch(/^success: train build 1 built/);
  expect((await doskara('replay', 'train', 'release/1.2')).exitCode).toBe(0);
  expect(await imageIn(registry, 'train')).toMatchObject({ revision: first });
  expect(await imageIn(registry, 'train', 'release-1.2')).toMatchObject({ revision: second });
  expect(await headOf(platform, 'train', 'refs/built/main')).toBe(first);
  expect(await headOf(platform, 'train', 'refs/built/release/1.2')).toBe(second);

  // both in one push: one after the other, the main one first
  const [newer, newest] = [await other.commit({ a: '1' }), await other.commit({ a: '2' })];
  await other.git('fetch', '--quiet', 'doskara', 'main');
  const both = await other.push(`${newest}:refs/heads/release/1.2`, `${newer}:refs/heads/main`);
  expect(both.lines.filter((line) => line.startsWith('success'))).toEqual([
    expect.stringMatching(/^success: train build 4 built/),
    expect.stringMatching(/^success: train build 5 built/),
  ]);
  expect([platform.record('train', 4)['tag'], platform.record('train', 5)['tag']]).toEqual(['latest', 'release-1.2']);

  const back = await doskara('rollback', 'train', '--branch', 'release/1.2');
  expect([back.exitCode, back.all]).toEqual([
    0,
    expect.stringContaining('hint: to go forward again: doskara rollback train 5'),
  ]);
  expect(await imageIn(registry, 'train', 'release-1.2')).toMatchObject({ revision: second });
  expect(await imageIn(registry, 'train')).toMatchObject({ revision: newer });
  const list = (await doskara('list')).stdout.split('\n').map((line) => line.split('\t').slice(0, 4));
  const [a, b, c] = [newer, newest, second].map((commit) => commit.slice(0, 12));
  expect(list).toContainEqual(['train', a, `${a} (4)`, 'built (build 4)']);
  expect(list).toContainEqual(['train:release-1.2', b, `${c} (6)`, 'built (build 6)']);
  expect((await doskara('status', 'train')).stdout).toMatch(
    new RegExp(`^branch +release/1\\.2 \\(release-1\\.2\\): ${c} a change \\(build 6, \\d+ s ago\\)$`, 'm'),
  );
  expect((await doskara('status', 'train', '--branch', 'release/1.2')).stdout).toMatch(
    /^image +\S+\/train:release-1\.2$/m,
  );
  expect((await doskara('wait', 'train', '--branch', 'release/1.2')).stdout).toMatch(/^success: train build 5 built/);
  const live = JSON.parse((await doskara('builds', 'train', '--json')).stdout) as { number: number; live: boolean }[];
  expect(live.filter((build) => build.live).map(({ number }) => number)).toEqual([6, 4]);

  // what a tag must not be
  expect((await doskara('promote', 'train', 'release-1.2')).all).toContain(
    'is the tag of the branch release/1.2 of train',
  );
  expect((await doskara('promote', 'train', '4', 'release-9')).exitCode).toBe(0);
  await doskara('config', 'train', 'branch', 'release-*', '--add');
  for (const [branch, words] of [
    ['release-1.2', 'which is that of the branch release/1.2'],
    ['release/9', 'which an admin has given to an image'],
  ]) {
    const refused = await other.push(`HEAD:refs/heads/${branch}`);
    expect(refused.text).toContain(words);
    expect(refused.lines.at(-1)).toMatch(/ refused in /);
  }
  expect((await other.push('--delete', 'release-1.2', 'release/9')).exitCode).toBe(0);

  // a head that was missed
  await gitOnPort(platform, 'train', 'update-ref', 'refs/heads/release/3', second);
  expect((await doskara('doctor')).all).toMatch(/branch release\/3: its head, \w+, was not built/);
  expect((await doskara('reconcile', 'train')).exitCode).toBe(0);
  expect(await imageIn(registry, 'train', 'release-3')).toMatchObject({ revision: second });
  expect(await imageIn(registry, 'train', 'release-1.2')).toMatchObject({ revision: second });
  const gone = await other.push('--delete', 'release/3');
  expect(gone.text).toContain('branch release/3 was deleted; the images that were built of it stay in the warehouse');
  expect(await headOf(platform, 'train', 'refs/built/release/3')).toBe('');
});

test('the gate holds every branch that is built, one at a time', async () => {
  const { platform } = use;
  const app = await gatedApp(platform, 'gated');
  for (const [value, ...more] of [['main'], ['*', '--add']])
    await platform.doskara('config', 'gated', 'branch', `${value}`, ...more);
  const refused = await app.push('HEAD:refs/heads/main', 'HEAD:refs/heads/topic');
  expect(refused.exitCode).toBe(1);
  expect(refused.text).toContain('the gate takes one at a time');
  const topic = await app.push('HEAD:refs/heads/topic');
  expect(topic.lines.at(-1)).toMatch(/^success: gated build 1 built/);
  const taken = await app.push('HEAD:refs/heads/latest');
  expect([taken.exitCode, taken.text]).toEqual([
    1,
    expect.stringContaining('image tag latest, which is not for branches'),
  ]);
  expect(await headOf(platform, 'gated', 'refs/heads/latest')).toBe('');
  await app.commit({ 'build.sh': 'exit 1' });
  expect((await app.push('HEAD:refs/heads/topic')).text).toMatch(
    /push rejected: no ref was updated \(topic is still at/,
  );
  const built = await headOf(platform, 'gated', 'refs/built/topic');
  expect(await imageIn(platform.shared.registry, 'gated', 'topic')).toMatchObject({ revision: built });
  expect(await imageIn(platform.shared.registry, 'gated')).toBeUndefined();
});

const headOfClone = async (app: Clone) => (await app.git('rev-parse', 'HEAD')).stdout;
