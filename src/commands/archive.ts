import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { showUpload } from '../builds/remote-build.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { Trouble } from '../errors.ts';
import { findRepository } from '../port/apps.ts';
import { openArchive } from '../port/git/archive.ts';
import { archiveNotWritten, archiveToTerminal } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { diskTrouble } from '../port/system-errors.ts';
import { resolveCommit } from './commit.ts';

/** `doskara archive <app> [<commit>]`: the very bytes that a build of the commit would send. */
export async function archive(word: string, revision: string | undefined, options: { output?: string }): Promise<void> {
  if (options.output === undefined && process.stdout.isTTY) throw archiveToTerminal(word);
  const output = options.output === undefined ? undefined : resolve(options.output);
  const folder = await findRepository(word);
  const owner = await becomeOwner([folder]);
  const repository = await openRepository(folder);
  const { commit } = await resolveCommit(repository, revision);
  using opened = await openArchive(repository, commit);
  if (output === undefined) return void (await pipeline(opened.chunks, process.stdout));
  const expected = await new Records(repository.state).lastArchiveSize();
  const chunks = process.stderr.isTTY ? showUpload(opened, onTerminal, expected) : opened.chunks;
  const temporary = `${output}.${process.pid}`;
  try {
    await pipeline(chunks, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof Trouble
      ? error
      : (diskTrouble(error as Error, output) ?? archiveNotWritten(output, owner, error as Error));
  }
}

/** How far it is, on one line that is written over; on the terminal, whatever becomes of standard output. */
const onTerminal = {
  progress: (text: string) => void process.stderr.write(`\r\x1b[K${text}`),
  line: (text: string) => void process.stderr.write(`\r\x1b[K${text}\n`),
};
