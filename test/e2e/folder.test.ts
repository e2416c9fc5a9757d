import { beforeAll, describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { gitOnPort } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { imageIn } from '../rig/warehouse.ts';

const use = usePlatform();
const FILES = {
  'README.md': 'two services\n',
  'libs/common/x': '1\n',
  'services/api/build.sh': 'echo "in the root: $(echo *)"\n',
  'services/api/run.sh': 'exec sleep 1\n',
  'services/web/index.html': 'hello\n',
};

let api: Clone;
const head = async () => (await api.git('rev-parse', 'HEAD')).stdout;
const imageOf = (tag?: string) => imageIn(use.platform.shared.registry, 'api', tag);
const built = async () => (await gitOnPort(use.platform, 'api', 'rev-parse', 'refs/built/main')).stdout;

beforeAll(async () => {
  api = await use.platform.app('api', FILES);
});

describe('an app that is a folder of its repository', () => {
  test('is named by the refusal of a push, and set by the command in it', async () => {
    const { text } = await api.push();
    expect(text).toContain('hint: they are in "services/api"; to build that folder, ask an admin:\n');
    expect(text).toContain('hint:   doskara config api folder services/api\n');
    for (const [key, value] of [
      ['folder', 'services/api/'],
      ['watch', 'libs/common'],
    ] as const)
      expect((await use.platform.doskara('config', 'api', key, value)).exitCode).toBe(0);
  });

  test('has the content of that folder, and the commit', async () => {
    await api.commit({ 'README.md': 'more\n' });
    const { text, lines } = await api.push();
    expect(text).toContain('in the root: build.sh run.sh\n');
    expect(lines.at(-1)).toMatch(/^success: api build 2 built/);
    expect(use.platform.record('api', 2)).toMatchObject({ folder: 'services/api' });
    expect((await imageOf())?.revision).toBe(await head());
  });

  test('is not built where nothing in it has changed: its image serves the new commit, too', async () => {
    const before = (await imageOf())?.digest;
    await api.commit({ 'services/web/index.html': 'hello again\n' });
    const { text, lines } = await api.push();
    expect(text).toContain('-----> Nothing to build: build 2 has the same services/api, libs/common\n');
    expect(lines.at(-1)).toMatch(/^success: api build 3 built \S+ in /);
    const commit = await head();
    expect(use.platform.record('api', 3)).toMatchObject({ commit, digest: before, archive: null, outcome: 'built' });
    expect([(await imageOf())?.digest, (await imageOf(commit))?.digest]).toEqual([before, before]);
    expect(await built()).toBe(commit);
  });

  test('is built again where a watched path, or the folder, has changed, and by replay', async () => {
    await api.commit({ 'libs/common/x': '2\n' });
    expect((await api.push()).text).toContain('in the root: ');
    await api.commit({ 'services/api/new': '1\n' });
    expect((await api.push()).text).toContain('in the root: build.sh new run.sh');
    expect((await use.platform.doskara('replay', 'api', '--no-cache')).stdout).toContain('in the root: build.sh new');
  });

  test('rolls back behind pushes that changed nothing, and archives its folder alone', async () => {
    await use.platform.doskara('rollback', 'api', '3');
    expect(await built()).toBe(use.platform.record('api', 3).commit);
    const { stdout } = await use.platform.doskara('archive', 'api');
    expect(stdout).toContain('build.sh');
    expect(stdout).not.toContain('services');
  });

  test('passes the gate without a build where nothing has changed', async () => {
    await use.platform.doskara('gate', 'api', 'on');
    await api.commit({ 'services/api/new': '2\n' });
    expect((await api.push()).exitCode).toBe(0);
    await api.commit({ 'README.md': 'gated\n' });
    const { exitCode, text, lines } = await api.push();
    expect([exitCode, text]).toEqual([0, expect.stringContaining('Nothing to build: ')]);
    expect(lines.at(-1)).toMatch(/^success: api build \d+ built/);
    expect(await built()).toBe(await head());
    await use.platform.doskara('gate', 'api', 'off');
  });

  test('is built if its image is gone from the warehouse', async () => {
    const url = `http://${use.platform.shared.registry}/v2/api/manifests/${(await imageOf())?.digest}`;
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(202);
    await api.commit({ 'README.md': 'gone\n' });
    const { text, lines } = await api.push();
    expect(text).toMatch(/^warning: the image of build \d+ is not in the warehouse any more; building this commit$/m);
    expect(text).toContain('in the root: ');
    expect(text).not.toContain('error: ');
    const [, number] = /^success: api build (\d+) built/.exec(lines.at(-1) ?? '') ?? [];
    expect(use.platform.record('api', Number(number))).toMatchObject({ outcome: 'built', error: null });
    expect((await imageOf())?.revision).toBe(await head());
  });

  test('is refused where the folder is missing', async () => {
    await use.platform.doskara('config', 'api', 'folder', 'services/gone');
    await api.commit({ 'README.md': 'no folder\n' });
    const { text, lines } = await api.push();
    expect(text).toContain('error: no folder services/gone in the commit; nothing was sent\n');
    expect(lines.at(-1)).toMatch(/^error: api build \d+ refused/);
  });
});

test('doskara create --folder takes a plain path only', async () => {
  expect(await use.platform.doskara('create', 'web', '--folder', '../x')).toMatchObject({
    exitCode: 2,
    all: expect.stringContaining('doskara.folder="../x" should be a path such as services/api'),
  });
  await use.platform.doskara('create', 'web', '--folder', 'services/web');
  expect((await use.platform.doskara('config', 'web', 'folder')).stdout).toBe('services/web');
});
