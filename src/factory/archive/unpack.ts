import { randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import * as archiveMessages from '../messages/archive.ts';
import * as messages from '../messages/disk.ts';
import { ByteStream } from './byte-stream.ts';
import { readTar, type TarEntry } from './read-tar.ts';

/** How many fractions of a second a time, a number of seconds, can tell apart. */
const FRACTIONS = 2 ** 22;

/**
 * Unpacks a checked archive into an empty folder, for a build context. Nothing is written through a symbolic link, as
 * the archive's rules say. Modes are those of a checkout with the usual umask: git archive lets the group write.
 *
 * BuildKit takes a file of the same size and time for the one that it has, and pushers choose the time of a commit. But
 * they choose only its seconds, so a fraction that nobody can guess makes all files new to BuildKit.
 */
export async function unpackArchive(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  const fraction = randomInt(FRACTIONS) / FRACTIONS;
  const folders: Folder[] = [];
  const bytes = new ByteStream(fs.createReadStream(archive, { highWaterMark: 1024 ** 2 }), Infinity);
  let known = '';
  for await (const entry of readTar(bytes, { comment: undefined })) {
    signal.throwIfAborted();
    const path = pathIn(folder, entry.name);
    const mtime = entry.mtime + fraction;
    try {
      const parent = entry.name.slice(0, entry.name.lastIndexOf('/'));
      if (parent !== known) fs.mkdirSync(pathIn(folder, parent), { recursive: true, mode: 0o755 });
      known = parent;
      if (entry.kind === 'directory') folders.push({ path, mode: (entry.mode & 0o755) | 0o700, mtime });
      else await unpack(entry, path, folder, mtime);
    } catch (error) {
      throw explain(error as NodeJS.ErrnoException, entry.name);
    }
  }
  for (const { path, mode, mtime } of folders.reverse()) {
    fs.chmodSync(path, mode);
    fs.utimesSync(path, mtime, mtime);
  }
}

/** What a folder gets once all its files are there. */
interface Folder {
  path: Buffer;
  mode: number;
  mtime: number;
}

async function unpack(entry: TarEntry, path: Buffer, folder: string, mtime: number): Promise<void> {
  if (entry.kind === 'file') return writeFile(path, entry, mtime);
  if (entry.kind === 'hardlink') return fs.linkSync(pathIn(folder, entry.target), path);
  fs.symlinkSync(Buffer.from(entry.target, 'latin1'), path);
  fs.lutimesSync(path, mtime, mtime);
}

/** A checked name begins with `./`, and that of a folder ends with `/`; it is a binary string. */
function pathIn(folder: string, name: string): Buffer {
  return Buffer.concat([
    Buffer.from(`${folder}/`),
    Buffer.from(name.replace(/^\.\//, '').replace(/\/$/, ''), 'latin1'),
  ]);
}

async function writeFile(path: Buffer, { mode, body }: TarEntry, mtime: number): Promise<void> {
  const file = fs.openSync(path, 'wx');
  try {
    for await (const chunk of body) fs.writeSync(file, chunk);
    fs.fchmodSync(file, (mode & 0o755) | 0o600);
    fs.futimesSync(file, mtime, mtime);
  } finally {
    fs.closeSync(file);
  }
}

function explain(error: NodeJS.ErrnoException, name: string): Error {
  return error.code === 'ENAMETOOLONG' ? archiveMessages.badName(name) : messages.asSpoolTrouble(error);
}
