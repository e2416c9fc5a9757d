import { createHash, type Hash } from 'node:crypto';
import type { Entry } from './entry.ts';

/** Part of a checked archive: a folder of its root with all that is in it, or the root's own files (no name). */
export interface Part {
  name: string;
  /** Bytes of its files. */
  bytes: number;
  /** Where its entries stand in the archive, one after the other: start, length of the headers, end. */
  entries: number[];
  /** Of all that its entries say but their time, and of their contents; SHA-256, hexadecimal. */
  digest: string;
}

/**
 * The parts of a checked archive, so that it can be split into layers. Git gives all entries of an archive the time
 * of the commit; one with other times, or with hard links from one folder to another, has no parts.
 */
export class PartCollector {
  /** Names of all entries, in order, and where they stand, as in `Part.entries`. */
  readonly names: string[] = [];
  readonly positions: number[] = [];
  readonly #parts = new Map<string, Omit<Part, 'digest'> & { hash: Hash }>();
  readonly #times = new Set<number>();
  #position = 0;
  #hasLinksAcross = false;

  /** Call it for each entry, in order; returns the hash to update with the entry's body. */
  add(entry: Entry, header: Buffer, padding: number): Hash {
    const name = folderOf(entry.name, entry.kind === 'directory');
    const part = this.#parts.get(name) ?? { name, bytes: 0, entries: [], hash: createHash('sha256') };
    this.#parts.set(name, part);
    if (this.#times.size < 2) this.#times.add(entry.mtime);
    this.#hasLinksAcross ||= entry.kind === 'hardlink' && folderOf(entry.target, false) !== name;
    part.bytes += entry.size;
    part.hash.update(JSON.stringify([entry.name, entry.kind, entry.mode, entry.size, entry.target]));
    const end = this.#position + header.length + entry.size + padding;
    part.entries.push(this.#position, header.length, end);
    this.names.push(entry.name);
    this.positions.push(this.#position, header.length, end);
    this.#position = end;
    return part.hash;
  }

  /** Call it once, after the last entry. */
  parts(): Part[] {
    if (this.#times.size !== 1 || this.#hasLinksAcross) return [];
    return [...this.#parts.values()].map(({ hash, ...part }) => ({ ...part, digest: hash.digest('hex') }));
  }
}

function folderOf(name: string, isFolder: boolean): string {
  const slash = name.indexOf('/');
  return slash > 0 ? name.slice(0, slash) : isFolder ? name : '';
}
