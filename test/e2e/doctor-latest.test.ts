import { expect, test } from 'vitest';
import { finding, wrongWith } from '../rig/doctor.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('doctor compares the latest image in the warehouse with the last build', async () => {
  const app = await use.platform.app('restored');
  await app.push();
  await app.commit({ a: '1' });
  await app.push();
  expect((await wrongWith(use.platform)).found).toEqual([]);

  // as if the warehouse had been restored from an old backup
  const { digest } = use.platform.record('restored', 1);
  await use.platform.runner(['--retag', 'restored', String(digest)], '');
  expect((await wrongWith(use.platform)).found).toEqual([
    finding(
      'warning latest',
      'factory factory',
      `^restored: .*/restored:latest in the warehouse is ${String(digest).slice(0, 19)}, not the image of build 2, `,
      /^to build the head again: doskara replay restored$/,
    ),
  ]);
  await use.platform.doskara('replay', 'restored');
  expect((await wrongWith(use.platform)).found).toEqual([]);

  // promoted tags, too
  await use.platform.doskara('promote', 'restored', '1', 'production');
  expect((await wrongWith(use.platform)).found).toEqual([]);
  const { digest: other } = use.platform.record('restored', 3);
  await use.platform.runner(['--retag', '--tag', 'production', 'restored', String(other)], '');
  const [wrong, ...more] = (await wrongWith(use.platform)).found;
  expect([wrong, more]).toEqual([
    finding(
      'warning latest',
      'factory factory',
      `^restored: .*/restored:production in the warehouse is ${String(other).slice(0, 19)}, not the image of build 4, `,
      /^doskara promote restored 4 production$/,
    ),
    [],
  ]);
  await use.platform.doskara(...String(wrong?.hint).split(' ').slice(1));
  expect((await wrongWith(use.platform)).found).toEqual([]);
});
