import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const imageId = async (reference: string) => {
  await use.platform.docker('pull', '--quiet', reference);
  return (await use.platform.docker('image', 'inspect', '--format', '{{.Id}}', reference)).stdout;
};

describe('doskara replay', () => {
  test('of an old commit sends the same bytes and makes the same image as its push did', async () => {
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

  test('knows tags, branches and the head, and says when it does not know a commit', async () => {
    const app = await use.platform.app('named');
    expect((await use.platform.doskara('replay', 'named')).all).toContain('error: named has no branch main yet');
    await app.git('tag', '-a', 'v1', '-m', 'annotated');
    await app.push('main', 'v1');
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    for (const [number, name, ref] of [
      [2, 'v1', 'refs/tags/v1'],
      [3, 'main', 'refs/heads/main'],
      [4, undefined, 'refs/heads/main'],
    ] as const) {
      await use.platform.doskara('replay', 'named', ...(name === undefined ? [] : [name]));
      expect(use.platform.record('named', number)).toMatchObject({ commit: head, ref, outcome: 'built' });
    }
    for (const name of ['nothing', '--output=/tmp/x', 'main..v1', 'HEAD:build.sh']) {
      const unknown = await use.platform.doskara('replay', 'named', '--', name);
      expect(unknown.all).toContain(`error: named has no commit "${name}"`);
      expect(unknown.exitCode).toBe(2);
    }
  });

  test('has the exit codes of the runner', async () => {
    const failing = await use.platform.app('codes', { 'build.sh': 'exit 7', 'run.sh': '' });
    await failing.push();
    expect((await use.platform.doskara('replay', 'codes')).exitCode).toBe(1);
    await failing.commit({ 'build.sh': 'true' });
    await failing.git('rm', '--quiet', 'run.sh');
    await failing.commit({});
    await failing.push();
    expect((await use.platform.doskara('replay', 'codes')).exitCode).toBe(3);
    const unknown = await use.platform.doskara('replay', 'no-such-app');
    expect(unknown.exitCode).toBe(2);
    expect(unknown.all).toContain('hint: to make it: doskara create no-such-app');
  });

  test('with --no-cache runs build.sh again', async () => {
    const app = await use.platform.app('fresh');
    await app.push();
    expect((await use.platform.doskara('replay', 'fresh')).all).toContain("using Docker's build cache");
    expect((await use.platform.doskara('replay', 'fresh', '--no-cache')).all).toContain('       built fresh at');
  });
});

test('the archive depends on the commit alone: not on configuration, attributes of the host, or refs', async () => {
  const app = await use.platform.app('pure', {
    'build.sh': 'cat version',
    'run.sh': 'true',
    version: '$Format:%H %h %D %d %(describe)$\n',
    '.gitattributes': 'version export-subst\n',
  });
  await app.push();
  const first = use.platform.record('pure', 1) as { archive: object };
  const repository = use.platform.repository('pure');
  for (const [key, value] of [
    ['tar.umask', '077'],
    ['tar.tar.gz.command', 'touch /tmp/never; cat'],
    ['core.abbrev', '30'],
    ['core.autocrlf', 'true'],
    ['filter.x.smudge', 'false'],
  ] as const)
    await execa('git', ['-C', repository, 'config', key, value]);
  await execa('sh', ['-c', `mkdir -p info && echo '* filter=x export-ignore' > info/attributes`], { cwd: repository });
  await app.git('tag', 'v1.2.3');
  await app.push('v1.2.3', 'HEAD:elsewhere');
  await use.platform.doskara('replay', 'pure');
  expect(use.platform.record('pure', 2)).toMatchObject({ outcome: 'built', archive: first.archive });
});

test('a 200 MB repository goes through, with progress', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`data/${i % 10}/${i}`, randomBytes(2_000_000)]),
  );
  const app = await use.platform.app('large', {
    'build.sh': 'ls data/*/* | wc -l; du -s data\n',
    'run.sh': 'true',
    ...files,
  });
  const { text, all } = await app.push();
  expect(text).toContain('       100');
  expect(all).toMatch(/\d+(?:\.\d)? MB so far, \d+(?:\.\d)? MB\/s/);
  expect(text).toMatch(/^success: large build 1 built/m);
}, 600_000); // an engine that gzips its layers takes minutes where others work, too
