import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { runPreviousHook } from '../../../src/push/previous-hook.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-hook-'));
const file = join(folder, 'hooks/post-receive.kept');
mkdirSync(join(folder, 'hooks'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (script: string) => {
  writeFileSync(file, script, { mode: 0o755 });
  const { signal } = new AbortController();
  return runPreviousHook({ stdin: '', folder, out: new PassThrough(), env: process.env, signal }, 'post-receive');
};

test('a previous hook that cannot be started is named by its path', async () => {
  await expect(run('#!/no/such/interpreter\n')).rejects.toMatchObject({
    code: 'kept-hook',
    exitCode: 2,
    message: `cannot run the repository's previous hook ${file}: ENOENT`,
    hint: 'an admin on port can correct its first line (#!), or remove it',
  });
});

test('a previous hook that fails has run', async () => {
  expect(await run('#!/bin/sh\nexit 1\n')).toBe(false);
  expect(await run('#!/bin/sh\nkill -9 $$\n')).toBe(false);
  expect(await run('#!/bin/sh\n')).toBe(true);
});
