import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const imageId = async (reference: string) => {
  await use.platform.docker('pull', '--quiet', reference);
  return (await use.platform.docker('image', 'inspect', '--format', '{{.Id}}', reference)).stdout;
};

test('doskara replay of an old commit sends the same bytes and builds the same image as its push', async () => {
  const app = await use.platform.app('again');
  const one = (await app.git('rev-parse', 'HEAD')).stdout;
  await app.push();
  const id = await imageId(`${use.platform.shared.registry}/again`);
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
  expect(await imageId(`${use.platform.shared.registry}/again`)).toBe(id);
});

test('doskara replay --no-cache runs build.sh again', async () => {
  const app = await use.platform.app('fresh');
  await app.push();
  expect((await use.platform.doskara('replay', 'fresh')).all).toContain("using Docker's build cache");
  expect((await use.platform.doskara('replay', 'fresh', '--no-cache')).all).toContain('       built fresh at');
});
