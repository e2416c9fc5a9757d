import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { holdBackEnd, openArchive } from '../../../src/port/git/archive.ts';
import { openRepository, type Repository } from '../../../src/port/repository.ts';
import { receive, streamOf } from '../../rig/receive.ts';

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
  for (const script of ['build.sh', 'run.sh']) writeFileSync(join(path, script), 'true\n');
  writeFileSync(join(path, 'large'), 'large\n'.repeat(100_000));
  await git('add', '--all');
  await git('commit', '--quiet', '--message=a change');
  commit = (await git('rev-parse', 'HEAD')).stdout;
  repository = await openRepository(join(path, '.git'));
});

test('an archive that is read long after git exited is complete', async () => {
  using archive = await openArchive(repository, commit);
  await sleep(300);
  const bytes = Buffer.concat(await Array.fromAsync(archive.chunks));
  const { stdout } = await execa('tar', ['-tf', '-'], { input: bytes });
  expect(stdout).toBe('build.sh\nlarge\nrun.sh');
  expect(archive.bytes()).toBe(bytes.length);
});

test('an archive does not write to what the git of another one may read', async () => {
  const files = ['HEAD', 'config'].map((name) => join(repository.state, 'archive.git', name));
  const look = () => files.map((file) => [statSync(file).ino, statSync(file, { bigint: true }).mtimeNs]);
  using _first = await openArchive(repository, commit);
  const before = look();
  using _second = await openArchive(repository, commit);
  expect(look()).toEqual(before);
});

describe('a git archive that dies', () => {
  /** Puts a git first in PATH that creates the archive, prints what `filter` leaves of it, and fails. */
  function breakGit(filter: string): Disposable {
    const bin = mkdtempSync(join(folder, 'bin-'));
    const path = process.env['PATH'] ?? '';
    writeFileSync(
      join(bin, 'git'),
      `#!/bin/sh\nPATH=\${PATH#*${bin}:}\ngit "$@" | ${filter}\necho "fatal: it died" >&2\nexit 128\n`,
    );
    chmodSync(join(bin, 'git'), 0o755);
    vi.stubEnv('PATH', `${bin}:${path}`);
    return { [Symbol.dispose]: () => void vi.unstubAllEnvs() };
  }

  test.each([
    ['at once', 'head -c 0', 'no archive received'],
    ['half way', 'head -c 300000', 'truncated'],
    ['before its end blocks', 'head -c -10240', 'truncated'],
    ['within its last record', 'head -c -1024', 'truncated'],
    ['after its last byte', 'cat', 'truncated'],
  ])('%s is not a complete archive: the factory refuses what was sent', async (_, filter, refused) => {
    using _git = breakGit(filter);
    using archive = await openArchive(repository, commit);
    const sent: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of archive.chunks) sent.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'archive-failed',
      message: expect.stringContaining('it died'),
    });
    await expect(receive(streamOf(Buffer.concat(sent)))).rejects.toThrow(refused);
  });

  test.each([[[]], [[1]], [[16_384]], [[16_385]], [[10_240, 10_240, 10_240]], [Array(40_000).fill(1)], [[1, 500_000]]])(
    'the last 16 KiB are held back until it exits: %j',
    async (sizes: number[]) => {
      const chunks = sizes.map((size, i) => Buffer.alloc(size, i));
      let sentBefore = 0;
      let checked = false;
      const all: Buffer[] = [];
      const check = async () => {
        checked = true;
      };
      for await (const chunk of holdBackEnd(streamOfChunks(chunks), check)) {
        if (!checked) sentBefore += chunk.length;
        all.push(chunk);
      }
      const whole = Buffer.concat(chunks);
      expect(Buffer.concat(all).equals(whole)).toBe(true);
      expect(sentBefore).toBeLessThanOrEqual(Math.max(0, whole.length - 16 * 1024));
    },
  );
});

async function* streamOfChunks(chunks: Buffer[]) {
  yield* chunks;
}
