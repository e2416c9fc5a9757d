import { expect, test } from 'vitest';
import { headOf } from '../rig/gate.ts';
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
