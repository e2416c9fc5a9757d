import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ask, GitFailure, openGit, openLongGit } from '../../../src/port/git/git.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-git-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a question that git cannot answer gives undefined; a failure of git is an error', async () => {
  const git = openGit(folder);
  await git('init', '--quiet', '--bare');
  expect(await ask(git, 'config', '--get', 'no.such')).toBeUndefined();
  expect(await ask(git, 'config', '--get', 'core.bare')).toBe('true\n');
  await expect(ask(git, 'cat-file', '-e', 'none')).rejects.toMatchObject({ exitCode: 128 });
});

test("an answer larger than exec's buffer arrives complete through simple-git", async () => {
  const text = 'x'.repeat(17 * 1024 ** 2);
  writeFileSync(join(folder, 'long'), text);
  const object = (await openGit(folder)('hash-object', '-w', 'long')).trim();
  await expect(openGit(folder)('cat-file', 'blob', object)).rejects.toThrow();
  expect(await openLongGit(folder)('cat-file', 'blob', object)).toBe(text);
  await expect(openLongGit(folder)('cat-file', '-e', 'none')).rejects.toThrow('Not a valid object name');
});

test('a git that cannot be started is not a failure of git', async () => {
  await expect(openGit(join(folder, 'none'))('version')).rejects.not.toBeInstanceOf(GitFailure);
});
