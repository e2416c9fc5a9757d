import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { finding, wrongWith } from '../rig/doctor.ts';
import { gitOnPort } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

test('nobody can push to refs/replace, not even to replace a commit with itself', async () => {
  const app = await use.platform.app('shut');
  await app.push();
  const head = (await app.git('rev-parse', 'HEAD')).stdout;
  const { exitCode, all } = await app.push(`HEAD:refs/replace/${head}`);
  expect(exitCode).not.toBe(0);
  expect(all).toContain('deny updating a hidden ref');
  await app.commit({ a: '1' });
  expect((await app.push()).lines.at(-1)).toMatch(/^success: shut build 2 built/);
});

describe('an app that already has such a ref', () => {
  test('works all the same: push, replay, archive, list and destroy', async () => {
    const app = await use.platform.app('replaced');
    await app.push();
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    await gitOnPort(use.platform, 'replaced', 'config', '--unset', 'core.useReplaceRefs');
    await gitOnPort(use.platform, 'replaced', 'update-ref', `refs/replace/${head}`, head);
    await app.commit({ a: '1' });
    expect((await app.push()).lines.at(-1)).toMatch(/^success: replaced build 2 built/);
    expect((await use.platform.doskara('replay', 'replaced', head)).exitCode).toBe(0);
    expect((await use.platform.doskara('archive', 'replaced', head)).exitCode).toBe(0);
    expect((await use.platform.doskara('list')).all).toMatch(/^replaced\s+\w{12}\s+\w{12} \(3\)\s+built \(build 3\)/m);

    expect((await use.platform.doskara('replay', 'replaced')).exitCode).toBe(0);
    const { found } = await wrongWith(use.platform);
    expect(found).toEqual([
      finding('warning refs', 'port', /^replaced: its configuration lacks some/, /^doskara hook install /),
      finding('warning refs', 'port', `replaced: refs/replace/${head} replaces an object`, / update-ref --stdin$/),
    ]);
    const mend = found.map(({ hint }) => (hint ?? '').replace(/^doskara/, 'true')).join(' && ');
    await execa('sh', ['-c', mend]);
    await use.platform.doskara('hook', 'install', 'replaced');
    expect((await wrongWith(use.platform)).found).toEqual([]);
    await gitOnPort(use.platform, 'replaced', 'update-ref', `refs/replace/${head}`, head);
    expect((await use.platform.doskara('destroy', '--yes', 'replaced')).exitCode).toBe(0);
  });

  test('has each commit checked and recorded with its own tree and subject', async () => {
    const app = await use.platform.app('honest');
    const honest = (await app.git('rev-parse', 'HEAD')).stdout;
    await app.push('HEAD:side');
    await app.git('rm', '--quiet', 'run.sh');
    const other = await app.commit({ 'build.sh': 'exit 1' }, 'somebody else wrote this');
    await app.push('HEAD:side');
    await gitOnPort(use.platform, 'honest', 'config', '--unset', 'core.useReplaceRefs');
    await gitOnPort(use.platform, 'honest', 'update-ref', `refs/replace/${honest}`, other);
    const { exitCode } = await use.platform.doskara('replay', 'honest', honest);
    expect(exitCode).toBe(0);
    expect(use.platform.record('honest', 1)).toMatchObject({ outcome: 'built', commit: honest, subject: 'a change' });
  });
});

test('git rejects a path outside the tree; where its check is off, doctor says so, and the build is refused', async () => {
  const app = await use.platform.app('outside');
  const blob = (await app.git('rev-parse', 'HEAD:run.sh')).stdout;
  const tree = async (list: string) => (await app.git('-c', `alias.mk=!printf '${list}' | git mktree`, 'mk')).stdout;
  const above = await tree(`100644 blob ${blob}\\tx\\n`);
  const scripts = ['build.sh', 'run.sh'].map((name) => `100644 blob ${blob}\\t${name}\\n`).join('');
  const root = await tree(`040000 tree ${above}\\t..\\n${scripts}`);
  const commit = (await app.git('commit-tree', '-m', 'outside', root)).stdout;
  expect((await app.push(`${commit}:refs/heads/main`)).all).toContain('hasDotdot');

  await gitOnPort(use.platform, 'outside', 'config', 'receive.fsckObjects', 'false');
  const { found } = await wrongWith(use.platform);
  expect(found.filter(({ text }) => text.startsWith('outside'))).toEqual([
    finding('warning refs', 'port', 'outside: receive.fsckObjects is off', / config receive\.fsckObjects true$/),
  ]);
  const { text, lines } = await app.push(`${commit}:refs/heads/main`);
  expect(text).toMatch(/^error: git archive of \w+ failed: error: invalid path '\.\.\/x'/m);
  expect(lines.at(-1)).toMatch(/^error: outside build 1 refused/);
  expect(use.platform.record('outside', 1)).toMatchObject({ outcome: 'refused', exitCode: 3 });
  expect((await use.platform.doskara('reconcile', 'outside')).all).toBe('');
  await use.platform.doskara('hook', 'remove', 'outside');
  expect(readFileSync(join(use.platform.repository('outside'), 'config'), 'utf8')).not.toContain('doskara');
});

test('grafts are ignored, and doctor reports them, as well as a shallow history', async () => {
  const app = await use.platform.app('grafted');
  await app.push();
  const path = use.platform.repository('grafted');
  const first = (await app.git('rev-parse', 'HEAD')).stdout;
  const second = await app.commit({ a: '1' });
  writeFileSync(join(path, 'info/grafts'), `${second}\n`);
  await app.push();
  const ancestors = await use.platform.doskara('rollback', 'grafted', `${second}~1`);
  expect(ancestors).toMatchObject({ exitCode: 0, all: expect.stringContaining(first.slice(0, 12)) });
  await use.platform.doskara('rollback', 'grafted', second);
  appendFileSync(join(path, 'shallow'), `${first}\n`);
  expect(readFileSync(join(path, 'config'), 'utf8')).toContain('useReplaceRefs = false');
  const { found } = await wrongWith(use.platform);
  expect(found.filter(({ text }) => text.startsWith('grafted'))).toEqual([
    finding('warning refs', 'port', 'grafted: its file info/grafts gives commits other parents', /^rm /),
    finding('warning refs', 'port', 'grafted: its file shallow cuts off the history', /fetch --unshallow/),
  ]);
});
