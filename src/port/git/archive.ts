import { createHash } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { start } from '../../exec.ts';
import * as messages from '../messages/commit.ts';
import type { Repository } from '../repository.ts';
import { boundedGit, lastOf } from './bounded-git.ts';
import { UNALTERED } from './git.ts';
import { provideFile, provideScratchRepository } from './scratch-repository.ts';
import type { SubmoduleJob } from './submodule-store.ts';
import { mergeSubmodules } from './submodules.ts';

/** How much git may write ahead of the connection. */
const READ_AHEAD_BYTES = 256 * 1024;

/**
 * Held back until git has exited with 0. More than the end of any tar by git (two blocks of zeros, and up to 10 KiB to
 * fill the last record), without which readers reject the archive as truncated.
 */
const HELD_BACK_BYTES = 16 * 1024;

/** The tar of one commit, as a stream. */
export interface Archive extends Disposable {
  /** To be read once. Throws a Trouble if git failed; the chunks before lack the end-of-archive blocks. */
  chunks: AsyncGenerator<Buffer, void, undefined>;
  /** Of all bytes read so far. */
  bytes(): number;
  sha256(): string;
}

/**
 * Starts `git archive`; it runs as fast as the archive is read. Nothing is compressed here, as most factories are close
 * to their port: git makes a tar of 218 MB in 0.2 s, and gzip's level 1 takes 2 s more to save 140 MB. On slow networks,
 * ssh compresses (see openConnection). The signal ends git; reading then throws its reason. `note` hears which submodules
 * are fetched.
 */
export async function openArchive(
  repository: Repository,
  commit: string,
  signal?: AbortSignal,
  note: (text: string) => void = () => {},
): Promise<Archive> {
  const { cwd, env } = await isolate({ repository, commit, signal, note });
  const git = start(boundedGit('archive', '--format=tar', commit), {
    cwd,
    env,
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  const stderr = lastOf(git.stderr);
  // node discards a child's output if nobody has begun to read it when the child exits
  const output = git.stdout.pipe(new PassThrough({ highWaterMark: READ_AHEAD_BYTES }));
  const hash = createHash('sha256');
  let bytes = 0;

  /** A git that dies half way may leave a well-formed tar; only its exit code shows it. */
  async function checkExit() {
    const { failed, reason } = await git.ended;
    signal?.throwIfAborted();
    if (failed) throw messages.archiveFailed(commit, (await stderr) || reason);
  }

  async function* read() {
    for await (const chunk of holdBackEnd(output, checkExit)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return {
    chunks: read(),
    bytes: () => bytes,
    sha256: () => hash.copy().digest('hex'),
    [Symbol.dispose]: () => git.kill('SIGKILL'),
  };
}

/** Yields the same chunks, but the last 16 KiB only after `check`. */
export async function* holdBackEnd(
  chunks: AsyncIterable<Buffer>,
  check: () => Promise<void>,
): AsyncGenerator<Buffer, void, undefined> {
  const held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    heldBytes += chunk.length;
    for (let first = held[0]; first !== undefined && heldBytes - first.length >= HELD_BACK_BYTES; first = held[0]) {
      heldBytes -= first.length;
      held.shift();
      yield first;
    }
  }
  await check();
  yield* held;
}

/**
 * An environment in which `git archive` sees the commit's objects and nothing else: no configuration (filters, umask),
 * no attributes but the commit's own, no refs (`export-subst` can name them). So the same commit always gives the same
 * bytes, and nothing in a repository's config is run.
 *
 * In a folder of a work tree, git archives that folder alone, as the root, and still names the commit. So the app's
 * folder is the folder to run in, in a work tree that is empty otherwise.
 */
async function isolate(job: SubmoduleJob): Promise<{ cwd: string; env: NodeJS.ProcessEnv }> {
  const { repository, commit } = job;
  const folder = join(repository.state, 'archive.git');
  const workTree = join(folder, 'tree');
  const cwd = join(workTree, repository.settings.folder ?? '');
  await provideScratchRepository(folder, commit, CONFIG);
  await mkdir(cwd, { recursive: true, mode: 0o700 });
  const env = {
    PATH: `${await hideVerifiers(folder)}:${process.env['PATH']}`,
    LC_ALL: 'C',
    GIT_DIR: folder,
    GIT_WORK_TREE: workTree,
    GIT_OBJECT_DIRECTORY: join(repository.path, 'objects'),
    ...repository.quarantine,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    ...UNALTERED,
  };
  return { cwd, env: repository.settings.submodules ? { ...env, ...(await withSubmodules(job, folder)) } : env };
}

/** Variables by which git archive reads a commit with the files of its submodules. */
async function withSubmodules(job: SubmoduleJob, folder: string): Promise<NodeJS.ProcessEnv> {
  const { repository, commit } = job;
  const merged = await mergeSubmodules(job);
  if (merged === undefined) return {};
  await mkdir(join(folder, 'refs/replace'), { recursive: true, mode: 0o700 });
  await provideFile(join(folder, 'refs/replace', commit), `${merged.id}\n`);
  const objects = [repository.quarantine['GIT_ALTERNATE_OBJECT_DIRECTORIES'], merged.objects];
  return { GIT_NO_REPLACE_OBJECTS: undefined, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects.filter(Boolean).join(':') };
}

/**
 * `$Format:%G?$` in a pushed file makes git verify the commit's signature. gpg on port must not read what a pusher wrote,
 * and the result would depend on the machine. No configuration prevents that in git before 2.41.
 */
async function hideVerifiers(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true, mode: 0o700 });
  for (const name of ['gpg', 'gpgsm']) await symlink('/bin/false', join(bin, name)).catch(() => {}); // it exists
  return bin;
}

/** core.abbrev: otherwise the length of `$Format:%h$` would grow with the repository. */
const CONFIG = 'abbrev = 12\nattributesFile = /dev/null\n';
