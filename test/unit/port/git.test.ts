import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ask, openGit } from '../../../src/port/git/git.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-git-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a question that git has no answer to is answered with undefined, a failure of git with an error', async () => {
  const git = openGit(folder);
  await git('init', '--quiet', '--bare');
  expect(await ask(git, 'config', '--get', 'no.such')).toBeUndefined();
  expect(await ask(git, 'config', '--get', 'core.bare')).toBe('true\n');
  await expect(ask(git, 'cat-file', '-e', 'none')).rejects.toMatchObject({ exitCode: 128 });
});
