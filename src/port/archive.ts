import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { execa } from 'execa';
import type { Repository } from './repository.ts';
import * as words from './words.ts';

/**
 * The compression level of git's own gzip. Of a tree of 353 MB level 0 takes 2.1 s and makes 353 MB, level 1 takes 4.7 s
 * and makes 112 MB, level 6 (the default) takes 11.8 s and makes 97 MB: level 1 is ahead from 15 Mbit/s to 800 Mbit/s.
 */
const LEVEL = '-1';
/** Bytes. */
const READ_AHEAD = 1024 * 1024;

/** The tar.gz of one commit, on its way. */
export interface Archive {
  /** To be read once. Throws a Trouble where git could not finish: what came until then is then truncated gzip. */
  chunks: AsyncGenerator<Buffer, void, undefined>;
  /** Of all bytes read so far. */
  bytes(): number;
  sha256(): string;
}

/** Starts `git archive`; it runs until a megabyte waits, then as fast as the archive is read. */
export async function openArchive(repository: Repository, commit: string, paths: string[] = []): Promise<Archive> {
  const env = await bareSurroundings(repository, commit);
  const git = execa('git', ['archive', '--format=tar.gz', LEVEL, commit, '--', ...paths], {
    env,
    extendEnv: false,
    buffer: { stdout: false },
    reject: false,
    stdin: 'ignore',
    cwd: repository.state,
  });
  // execa throws away what nobody has begun to read; and so git is ahead of the handshake by more than a pipe holds
  const output = git.stdout.pipe(new PassThrough({ highWaterMark: READ_AHEAD }));
  const hash = createHash('sha256');
  let bytes = 0;
  const count = (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
    return chunk;
  };

  /**
   * The last chunk is held back until git's exit status is known: a git archive that dies half way ends its gzip
   * neatly, and only the missing tail tells the factory.
   */
  async function* read() {
    try {
      let held: Buffer | undefined;
      for await (const chunk of output as AsyncIterable<Buffer>) {
        if (held !== undefined) yield count(held);
        held = chunk;
      }
      const { failed, stderr } = await git;
      if (failed) throw words.archiveFailed(commit, stderr);
      if (held !== undefined) yield count(held);
    } finally {
      git.kill('SIGKILL');
    }
  }
  return { chunks: read(), bytes: () => bytes, sha256: () => hash.copy().digest('hex') };
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
