import * as messages from '../messages/archive.ts';
import type { ByteStream } from './byte-stream.ts';
import type { Entry, EntryKind } from './entry.ts';
import { Extensions, skipPadding } from './extended-headers.ts';
import { BLOCK, decodeHeader, type RawHeader } from './header.ts';

/** What the archive says of itself, known once it is read. */
export interface TarGlobals {
  comment: string | undefined;
}

export interface TarEntry extends Entry {
  /** The body, to be read to its end before the next entry is asked for. */
  body: AsyncIterable<Buffer>;
}

const KINDS: Record<string, EntryKind> = {
  '0': 'file',
  '': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};
const ZEROS = Buffer.alloc(64 * 1024);
/** What ustar's eleven octal digits hold: sizes from here on are pax's, and times end here. */
const USTAR_END = 8 ** 11;
/** File contents that aren't the file: GNU's and star's sparse files begin with a map. */
const SPARSE = /^(?:GNU\.sparse\..*|SCHILY\.realsize)$/;

/**
 * Reads a tar stream strictly: ustar, pax, GNU long names and old v7, up to the end-of-archive blocks, after which
 * only zeros may follow. Throws a Trouble (exit code 3) for whatever is not that.
 *
 * The loop is ours because node-tar's Parser decodes names as UTF-8 (and splits characters at chunk borders), goes on
 * after the end of the archive and skips headers it finds too long.
 */
export async function* readTar(bytes: ByteStream, globals: TarGlobals): AsyncGenerator<TarEntry, void, undefined> {
  const extensions = new Extensions();
  for (;;) {
    const header = await readHeader(bytes);
    if (header === undefined) break;
    if (Extensions.includes(header)) {
      await extensions.read(bytes, header);
      continue;
    }
    const entry = makeEntry(header, extensions.take());
    yield { ...entry, body: readBody(bytes, entry.size) };
    await skipPadding(bytes, entry.size);
  }
  extensions.finish();
  globals.comment = extensions.comment;
  await readEnd(bytes);
}

async function readHeader(bytes: ByteStream): Promise<RawHeader | undefined> {
  const block = await bytes.read(BLOCK);
  if (block.length < BLOCK) throw messages.archiveTruncated();
  return decodeHeader(block);
}

/** The archive ends with two zero blocks; a second archive behind them would be seen by some readers only. */
async function readEnd(bytes: ByteStream): Promise<void> {
  const second = await bytes.read(BLOCK);
  if (second.length < BLOCK) throw messages.archiveTruncated();
  for (let rest = second; rest.length > 0; rest = await bytes.read(ZEROS.length)) {
    if (!rest.equals(ZEROS.subarray(0, rest.length))) throw messages.trailingData();
  }
}

function makeEntry(header: RawHeader, records: ReadonlyMap<string, string>): Entry {
  const name = records.get('path') ?? header.name;
  for (const key of records.keys()) if (SPARSE.test(key)) throw messages.sparse(name);
  const named = KINDS[header.type];
  if (named === undefined) throw messages.forbiddenKind(name, header.type);
  const kind = named === 'file' && name.endsWith('/') ? 'directory' : named;
  const size = sizeOf(name, header, records);
  // POSIX lets a directory's own header say how much may be stored in it
  if (kind !== 'file' && header.type !== '5' && size > 0) throw messages.bodyOfNoFile(name, kind);
  return {
    name,
    kind,
    target: records.get('linkpath') ?? header.target,
    mode: header.mode ?? 0o644,
    mtime: Math.min(header.mtime ?? 0, USTAR_END - 1),
    size: kind === 'file' ? size : 0,
  };
}

/** Pax says sizes that the header can't hold. Any other contradiction makes some readers see entries inside a file. */
function sizeOf(name: string, { size }: RawHeader, records: ReadonlyMap<string, string>): number {
  const digits = records.get('size');
  if (digits === undefined) {
    if (size === undefined) throw messages.badSize(name);
    return size;
  }
  const said = /^\d{1,16}$/.test(digits) ? Number(digits) : undefined;
  if (said === undefined || !Number.isSafeInteger(said)) throw messages.badSize(name);
  if (said !== size && said < USTAR_END) throw messages.twoSizes(name);
  return said;
}

async function* readBody(bytes: ByteStream, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let missing = size; missing > 0; ) {
    const part = await bytes.some(missing);
    if (part.length === 0) throw messages.archiveTruncated();
    missing -= part.length;
    yield part;
  }
}
