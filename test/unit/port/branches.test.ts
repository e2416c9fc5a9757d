import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listBranches, openBranch, openBranches } from '../../../src/port/branches.ts';
import { openRepository, type Repository } from '../../../src/port/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-branches-'));
const git = (...args: string[]) => execa('git', ['-C', folder, ...args]);
const open = async (...branches: string[]): Promise<Repository> => {
  await git('config', '--unset-all', 'doskara.branch').catch(() => {});
  for (const branch of branches) await git('config', '--add', 'doskara.branch', branch);
  return openRepository(folder);
};
const clashOf = async (repository: Repository, branch: string) => {
  const { tag, clash } = await openBranch(repository, branch);
  return clash?.code ?? tag;
};

beforeAll(async () => {
  await execa('git', ['init', '--quiet', '--bare', '-b', 'main', folder]);
  await git('config', 'doskara.app', 'shop');
  const tree = (await git('hash-object', '-t', 'tree', '-w', '/dev/null')).stdout;
  const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
  const commit = (await git(...author, 'commit-tree', '-m', 'x', tree)).stdout;
  const refs = [
    'heads/main',
    'heads/release/1',
    'heads/release-1',
    'heads/release/2',
    'heads/topic',
    'promoted/production',
  ];
  for (const ref of refs) await git('update-ref', `refs/${ref}`, commit);
  await git('symbolic-ref', 'refs/heads/release/alias', 'refs/heads/main');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the branches that are built are those that exist, the main one first', async () => {
  expect(await listBranches(await open())).toEqual(['main']);
  expect(await listBranches(await open('release/*', 'topic', 'main'))).toEqual([
    ...['topic', 'main', 'release/1', 'release/2'],
  ]);
  expect(await listBranches(await open('release/*'))).toEqual(['main', 'release/1', 'release/2']);
  expect(await listBranches(await open('gone', '**'))).toEqual([
    ...['gone', 'main', 'release-1', 'release/1', 'release/2', 'topic'],
  ]);
});

test('each has its tag and its lock; the main one has latest', async () => {
  const [main, release] = await openBranches(await open('main', 'release/2'));
  expect([main?.tag, main?.settings.branch, main?.lockFile]).toEqual(['latest', 'main', join(folder, 'doskara/lock')]);
  expect([release?.tag, release?.settings.branch]).toEqual(['release-2', 'release/2']);
  expect(release?.lockFile).toBe(join(folder, 'doskara/locks/release-2'));
});

test('a branch whose tag is taken has none', async () => {
  const repository = await open('main', '**');
  expect(await clashOf(repository, 'release/2')).toBe('release-2');
  expect(await clashOf(repository, 'release/1')).toBe('tag-shared');
  expect(await clashOf(repository, 'release-1')).toBe('tag-shared');
  expect(await clashOf(repository, 'production')).toBe('tag-promoted');
  for (const branch of ['latest', 'buildcache', 'c'.repeat(40)])
    expect(await clashOf(repository, branch)).toBe('tag-reserved');
  expect(await clashOf(repository, '日本')).toBe('no-tag');
});

test('of two branches with one tag, the one that was built keeps it', async () => {
  await git('update-ref', 'refs/built/release/1', 'refs/heads/main');
  const repository = await open('main', 'release/*', 'release-*');
  expect(await clashOf(repository, 'release/1')).toBe('release-1');
  expect(await clashOf(repository, 'release-1')).toBe('tag-shared');
});
