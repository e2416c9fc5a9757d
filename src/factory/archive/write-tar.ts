import { Header } from 'tar/header';
import type { Entry, EntryKind } from './entry.ts';
import { formatPaxRecord } from './pax.ts';

const BLOCK = 512;
const TYPES = {
  file: 'File',
  directory: 'Directory',
  symlink: 'SymbolicLink',
  hardlink: 'Link',
} as const satisfies Record<EntryKind, string>;

/** Two zero blocks close an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/**
 * The header of an approved entry, owned by root, with a pax header before it where ustar's fields don't hold it.
 * Names go into pax byte for byte: it is said to be UTF-8 there, but Go's reader (docker's) takes any byte but NUL.
 *
 * Every name begins with `./`: docker takes a tar whose first bytes are `BZh` for bzip2, and the first bytes of a tar are
 * its first name (https://github.com/moby/go-archive/blob/main/compression/compression_detect.go).
 */
export function tarHeader(entry: Entry): Buffer {
  const name = entry.kind === 'directory' ? `./${entry.name}/` : `./${entry.name}`;
  const records = [
    ...(fitsUstar(name) ? [] : [formatPaxRecord('path', name)]),
    ...(fitsUstar(entry.target) ? [] : [formatPaxRecord('linkpath', entry.target)]),
    ...(entry.size < 8 * 1024 ** 3 ? [] : [formatPaxRecord('size', String(entry.size))]),
  ].join('');
  const header = block({
    ...entry,
    type: TYPES[entry.kind],
    path: fitsUstar(name) ? name : standIn(entry),
    linkpath: entry.target === '' || fitsUstar(entry.target) ? entry.target : 'long-target',
  });
  if (records === '') return header;
  const pax = block({ ...entry, type: 'ExtendedHeader', path: 'pax', linkpath: '', mode: 0o644, size: records.length });
  return Buffer.concat([pax, Buffer.from(records, 'latin1'), tarPadding(records.length), header]);
}

/** The zeros that fill a body's last block. */
export function tarPadding(size: number): Buffer {
  return TAR_END.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

function standIn(entry: Entry): string {
  return entry.kind === 'directory' ? 'long-name/' : 'long-name';
}

function fitsUstar(name: string): boolean {
  return name.length < 100 && /^[\x20-\x7e]*$/.test(name);
}

interface Block {
  type: (typeof TYPES)[EntryKind] | 'ExtendedHeader';
  path: string;
  linkpath: string;
  mode: number;
  mtime: number;
  size: number;
}

function block({ type, path, linkpath, mode, mtime, size }: Block): Buffer {
  const header = new Header({ type, path, linkpath, mode, size, mtime: new Date(mtime * 1000), uid: 0, gid: 0 });
  header.encode();
  if (header.block === undefined) throw new Error('a tar header was not encoded');
  return header.block;
}
