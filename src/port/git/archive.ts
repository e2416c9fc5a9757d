import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as messages from '../messages.ts';
import type { Repository } from '../repository.ts';
import { storedGzip } from '../stored-gzip.ts';
import { boundedGit } from './bounded-git.ts';
import { UNALTERED } from './git.ts';

/** Bytes that git is ahead of the connection. */
const READ_AHEAD = 256 * 1024;

/** The tar.gz of one commit, on its way. */
export interface Archive extends Disposable {
  /** To be read once. Throws a Trouble where git could not finish: what came until then is then truncated gzip. */
  chunks: AsyncGenerator<Buffer, void, undefined>;
  /** Of all bytes read so far. */
  bytes(): number;
  sha256(): string;
}

/**
 * Starts `git archive`; it runs as fast as the archive is read. Nothing is compressed here, for most factories stand
 * next to their port: of a tree of 218 MB git makes a tar in 0.2 s, and gzip's level 1 takes 2 s more to spare 140 MB.
 * Where the way is long, ssh compresses (see openConnection). Git ends at the signal, and the reading with its reason.
 */
export async function openArchive(repository: Repository, commit: string, signal?: AbortSignal): Promise<Archive> {
  const git = spawn(...boundedGit('archive', '--format=tar', commit), {
    cwd: repository.state,
    env: await bareSurroundings(repository, commit),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(git, 'close'), text(git.stderr)]);
  ended.catch(() => {}); // awaited below
  const stop = () => void git.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  // node throws away what a child has left when it ends and nobody has begun to read
  const output = git.stdout.pipe(new PassThrough({ highWaterMark: READ_AHEAD }));
  const hash = createHash('sha256');
  let bytes = 0;

  /** A git archive that dies half way may leave a well-formed tar: only its exit status tells, and so it is asked. */
  async function* readTar() {
    yield* output as AsyncIterable<Buffer>;
    const [[status], reason] = await ended;
    signal?.throwIfAborted();
    if (status !== 0) throw messages.archiveFailed(commit, reason);
  }

  async function* read() {
    for await (const chunk of storedGzip(readTar())) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return {
    chunks: read(),
    bytes: () => bytes,
    sha256: () => hash.copy().digest('hex'),
    [Symbol.dispose]: () => {
      stop();
      signal?.removeEventListener('abort', stop);
    },
  };
}

/**
 * An environment in which `git archive` sees the commit's objects and nothing else: no configuration (filters, umask,
 * compressors), no attributes but the commit's own, no refs (`export-subst` can name them). So the same commit always
 * gives the same bytes, and nothing that a repository's config says is run.
 */
async function bareSurroundings(repository: Repository, commit: string): Promise<NodeJS.ProcessEnv> {
  const folder = join(repository.state, 'archive.git');
  await mkdir(join(folder, 'refs'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'objects'), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  await writeFile(
    join(folder, 'config'),
    commit.length === 64 ? `${CONFIG}[extensions]\nobjectFormat = sha256\n` : CONFIG,
  );
  return {
    PATH: `${await hideVerifiers(folder)}:${process.env['PATH']}`,
    LC_ALL: 'C',
    GIT_DIR: folder,
    GIT_OBJECT_DIRECTORY: join(repository.path, 'objects'),
    ...repository.quarantine,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    ...UNALTERED,
  };
}

/**
 * `$Format:%G?$` in a pushed file has git check a commit's signature. What a pusher wrote is nothing to feed to gpg on
 * port, and the answer would depend on the machine; git before 2.41 lets no configuration say so to its archive.
 */
async function hideVerifiers(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true, mode: 0o700 });
  for (const name of ['gpg', 'gpgsm']) await symlink('/bin/false', join(bin, name)).catch(() => {}); // it is there
  return bin;
}

/** core.abbrev: the length of `$Format:%h$` would else grow with the repository. */
const CONFIG = `[core]
repositoryFormatVersion = 1
bare = true
abbrev = 12
attributesFile = /dev/null
`;
