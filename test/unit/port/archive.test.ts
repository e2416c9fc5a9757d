import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openArchive } from '../../../src/port/git/archive.ts';
import { openRepository, type Repository } from '../../../src/port/repository.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

let repository: Repository;
let commit: string;
beforeAll(async () => {
  const path = join(folder, 'app');
  mkdirSync(path);
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], { cwd: path });
  await git('init', '--quiet');
  writeFileSync(join(path, 'build.sh'), 'true\n');
  await git('add', '--all');
  await git('commit', '--quiet', '--message=a change');
  commit = (await git('rev-parse', 'HEAD')).stdout;
  repository = await openRepository(join(path, '.git'));
});

test('an archive that is read when git has long ended is whole', async () => {
  using archive = await openArchive(repository, commit);
  await sleep(300);
  const bytes = Buffer.concat(await Array.fromAsync(archive.chunks));
  const { stdout } = await execa('tar', ['-tzf', '-'], { input: bytes });
  expect(stdout).toBe('build.sh');
  expect(archive.bytes()).toBe(bytes.length);
});
