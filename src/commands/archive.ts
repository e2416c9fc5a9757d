import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { showUpload } from '../builds/remote-build.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { Trouble } from '../errors.ts';
import { findRepository } from '../port/apps.ts';
import { openArchive } from '../port/git/archive.ts';
import { archiveNotWritten, archiveToTerminal } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { diskTrouble } from '../port/system-errors.ts';
import { APP, COMMIT } from './arguments.ts';
import { resolveCommit } from './commit.ts';
import type { AdminCommand } from './spec.ts';

export const archive: AdminCommand = {
  name: 'archive',
  summary: 'write the exact archive that a build would send',
  who: 'admin',
  arguments: [APP, COMMIT],
  options: [
    {
      flags: '-o, --output <file>',
      meaning: 'write to a file; a name in .tar.gz or .tgz compresses it',
      completes: 'files',
    },
  ],
  async run([app, revision]: [string, string?], options: { output?: string }) {
    await writeArchive(app, revision, options);
  },
};

/**
 * Writes the exact tar that a build of the commit would send, compressed if the file's name asks for it. node:zlib puts
 * neither a name nor a time into the gzip, as `gzip -n` does, and needs no other program.
 */
async function writeArchive(word: string, revision: string | undefined, options: { output?: string }): Promise<void> {
  if (options.output === undefined && process.stdout.isTTY) throw archiveToTerminal(word);
  const output = options.output === undefined ? undefined : resolve(options.output);
  const folder = await findRepository(word);
  const owner = await becomeOwner([folder]);
  const repository = await openRepository(folder);
  const { commit } = await resolveCommit(repository, revision);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  using opened = await openArchive(repository, commit, undefined, note);
  if (output === undefined) return void (await pipeline(opened.chunks, process.stdout));
  const expected = await new Records(repository.state).lastArchiveSize();
  const chunks = process.stderr.isTTY ? showUpload(opened, onTerminal, expected) : opened.chunks;
  const temporary = `${output}.${process.pid}`;
  try {
    const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
    await (/\.(?:tar\.gz|tgz)$/.test(output) ? pipeline(chunks, createGzip(), file) : pipeline(chunks, file));
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Trouble
      ? error
      : (diskTrouble(error as Error, output) ?? archiveNotWritten(word, output, owner, error as Error));
  }
}

/** Shows progress on one line of the terminal, wherever standard output goes. */
const onTerminal = {
  progress: (text: string) => void process.stderr.write(`\r\x1b[K${text}`),
  line: (text: string) => void process.stderr.write(`\r\x1b[K${text}\n`),
};
