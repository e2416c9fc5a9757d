import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const NOTHING = /^warning: nothing to build; refs is unchanged$/;
const HINT = 'hint: to build what you have checked out: git push doskara HEAD:main';

describe('a push that builds nothing is accepted and says so', () => {
  test('for another branch, a tag, a deletion, and many tags at once', async () => {
    const app = await use.platform.app('refs');

    const branch = await app.push('HEAD:feature');
    expect(branch.exitCode).toBe(0);
    expect(branch.lines[0]).toBe('branch feature was stored but not built (refs builds main)');
    expect(branch.lines[1]).toBe(HINT);
    expect(branch.lines.at(-1)).toMatch(NOTHING);

    await app.git('tag', '-a', 'v1', '-m', 'one');
    const tag = await app.push('v1');
    expect(tag.lines[0]).toBe('tag v1 was stored but not built (refs builds main)');
    expect(tag.lines.at(-1)).toMatch(NOTHING);

    const gone = await app.push('--delete', 'feature', 'v1');
    expect(gone.lines).toEqual([
      'branch feature was deleted; there is nothing to build',
      'tag v1 was deleted; there is nothing to build',
      expect.stringMatching(NOTHING),
    ]);

    for (let i = 0; i < 30; i++) await app.git('tag', `t${i}`);
    const many = await app.push('--tags');
    expect(many.lines).toContain('21 more refs were stored but not built');
    expect(use.platform.hasRecord('refs', 1)).toBe(false);
  });

  test('but a deletion of the build branch is refused, in one line', async () => {
    const app = await use.platform.app('deleted');
    await app.push();
    const refused = await app.push('--delete', 'main');
    expect(refused.exitCode).toBe(1);
    expect(refused.lines).toEqual([
      expect.stringMatching(/^error: refusing to delete the current branch: refs\/heads\/main/),
    ]);
  });
});

test('several refs in one push: the build branch is built, the others are named', async () => {
  const app = await use.platform.app('several');
  await app.git('tag', 'v2');
  const { lines } = await app.push('main', 'v2', 'HEAD:other');
  expect(lines).toContain('tag v2 was stored but not built (several builds main)');
  expect(lines).toContain('branch other was stored but not built (several builds main)');
  expect(lines.at(-1)).toMatch(/^success: several build 1 built/);
});

test('another branch can be the build branch', async () => {
  const app = await use.platform.app('branched');
  await execa('git', ['-C', use.platform.repository('branched'), 'config', 'doskara.branch', 'release/prod']);
  expect((await app.push()).lines.at(-1)).toMatch(/^warning: nothing to build/);
  expect((await app.push('HEAD:release/prod')).lines.at(-1)).toMatch(/^success: branched build 1 built/);
});

test('all invalid settings are named at once, and nothing is built', async () => {
  const app = await use.platform.app('misset');
  for (const [key, value] of [
    ['timeout', 'soon'],
    ['nonsense', '1'],
  ] as const)
    await execa('git', ['-C', use.platform.repository('misset'), 'config', `doskara.${key}`, value]);
  const { text } = await app.push();
  expect(text).toMatch(/^error: doskara\.timeout="soon" should be .*; doskara\.nonsense is not a setting$/m);
});
