import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { type Tree, unpacked } from '../rig/tree.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = usePlatform();

const MB = 1024 ** 2;
const BIG = {
  'build.sh': 'cat lib/name src/name >built\n',
  'run.sh': 'true\n',
  'lib/blob': randomBytes(9 * MB),
  'lib/name': 'one ',
  'src/blob': randomBytes(9 * MB),
  'src/deep/er/file': 'x',
  'src/name': 'first',
  version: '1',
};

const imageOf = (app: string) => `${use.platform.shared.registry}/${app}`;

async function layersOf(app: string): Promise<string[]> {
  return (await imageIn(use.platform.shared.registry, app))?.layers ?? [];
}

async function digestOf(app: string, commit: string): Promise<string> {
  return (await imageIn(use.platform.shared.registry, app, commit))?.digest ?? '';
}

/** The files in /app of the image without those that build.sh made, and those of git archive; without times. */
async function filesOf(clone: Clone): Promise<[image: Tree, commit: Tree]> {
  await use.platform.docker('pull', '--quiet', imageOf(clone.app));
  const { stdout: container } = await use.platform.docker('create', imageOf(clone.app));
  const { docker, env } = use.platform.shared;
  const copied = await execa(docker, ['cp', `${container}:/app/.`, '-'], { env, encoding: 'buffer' });
  await use.platform.docker('rm', container);
  const archived = await execa('git', ['-C', clone.folder, 'archive', 'HEAD'], { encoding: 'buffer' });
  const { built: _, ...image } = await unpacked(Buffer.from(copied.stdout), '-xpm');
  return [timeless(image), timeless(await unpacked(Buffer.from(archived.stdout), '-xpm'))];
}

function timeless(tree: Tree): Tree {
  return JSON.parse(JSON.stringify(tree).replace(/bytes, \d+/g, 'bytes'));
}

test('a large app is pushed in layers: unchanged directories keep theirs, and the files are the same', async () => {
  const app = await use.platform.app('layered', BIG);
  await app.git('config', 'user.email', 'alice@example.org');
  await app.push();
  const first = (await app.git('rev-parse', 'HEAD')).stdout;
  const before = await layersOf('layered');
  const firstDigest = await digestOf('layered', first);
  expect(firstDigest).toMatch(/^sha256:/);
  const [built, sent] = await filesOf(app);
  expect(built).toEqual(sent);

  const second = await app.commit({ version: '2' });
  await app.push();
  const after = await layersOf('layered');
  expect(after).toHaveLength(before.length);
  const changed = before.filter((layer) => !after.includes(layer));
  expect(changed.length).toBeLessThanOrEqual(2); // the files in the root, and those that build.sh made
  const [image, commit] = await filesOf(app);
  expect(image).toEqual(commit);

  await app.commit({ 'lib/name': 'two ' });
  await app.push();
  const third = await layersOf('layered');
  expect(before.filter((layer) => third.includes(layer)).length).toBeGreaterThan(1);
  expect((await use.platform.docker('run', '--rm', '--pull=always', imageOf('layered'), 'cat', 'built')).stdout).toBe(
    'two first',
  );
  const files = await filesOf(app);
  expect(files[0]).toEqual(files[1]);

  await use.platform.doskara('replay', 'layered', first);
  expect(await digestOf('layered', first)).toBe(firstDigest);
  const secondDigest = await digestOf('layered', second);
  await use.platform.doskara('replay', 'layered', second);
  expect(await digestOf('layered', second)).toBe(secondDigest);
  const { archive } = use.platform.record('layered', 1) as { archive: { sha256: string } };
  expect(use.platform.record('layered', 4)).toMatchObject({ archive: { sha256: archive.sha256 } });
});

test('a damaged memory of layers costs time, but no build', async () => {
  const app = await use.platform.app('forgetful', BIG);
  await app.push();
  await execa('sh', ['-c', 'echo "{" >"$1"', 'sh', join(use.platform.folder, 'spool/layers/forgetful.json')]);
  await app.commit({ version: '2' });
  expect((await app.push()).lines.at(-1)).toMatch(/^success: forgetful build 2 built/);
});
