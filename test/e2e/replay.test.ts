import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

describe('doskara replay', () => {
  test('accepts tags, branches and the head, and rejects an unknown commit', async () => {
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

  test("exits with the runner's exit code", async () => {
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
    expect(unknown.all).toContain('hint: to create it: doskara create no-such-app');
  });
});

test("the archive depends only on the commit, not on configuration, the host's attributes, or refs", async () => {
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
