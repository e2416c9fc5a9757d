import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { lastOf, openBoundedGit } from '../../../src/port/git/bounded-git.ts';
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

test('of a name of a megabyte not all is kept', async () => {
  const git = openGit(folder);
  await git('init', '--quiet', '--bare');
  const blob = (await git('hash-object', '-w', '/dev/null')).trim();
  const input = `100644 blob ${blob}\t${'n'.repeat(1e6)}\n100644 blob ${blob}\tshort\n`;
  const { stdout: tree } = await execa('git', ['mktree'], { cwd: folder, input });
  const names = await Array.fromAsync(openBoundedGit(folder, {}).list('ls-tree', '-z', '--name-only', tree));
  expect(names[0]?.length).toBeGreaterThan(4096);
  expect(names[0]?.length).toBeLessThan(500_000);
  expect(names[1]).toBe('short');
});

test('of endless warnings of git only the last, and its error, are kept', async () => {
  const warnings = Array.from({ length: 1000 }, () => `warning: ${'x'.repeat(1000)}\n`);
  const text = await lastOf(Readable.from([...warnings, 'fatal: the end\n']));
  expect(text.length).toBe(16 * 1024);
  expect(text).toMatch(/\nfatal: the end\n$/);
});
