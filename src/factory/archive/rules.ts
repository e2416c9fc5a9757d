import { checkLayout, isScript, type Script, scriptFile } from '../../app-layout.ts';
import * as messages from '../messages/archive.ts';
import type { Entry, EntryKind } from './entry.ts';

export interface Limits {
  maxEntries: number;
  /** Bytes of all files together. */
  maxUnpacked: number;
}

/**
 * How much may be unpacked that isn't any file's content: headers, padding, the zeros at the end. A pax header, its
 * records and the header proper come to 2 KiB and a bit, so that nobody who stays within the other limits meets this.
 */
export function maxOverhead({ maxEntries }: Limits): number {
  return 4 * 1024 ** 2 + maxEntries * 4 * 1024;
}

/** All names together, in bytes: they are kept in memory. */
function maxNames({ maxEntries }: Limits): number {
  return 1024 ** 2 + maxEntries * 256;
}

/** Linux refuses longer ones: PATH_MAX and NAME_MAX. */
const MAX_NAME = 4096;
const MAX_COMPONENT = 255;

/**
 * Decides, entry by entry, what may be unpacked. An approved entry has a clean relative name, stands there once, and
 * nothing on its way is a symbolic link or a file. Every refusal is a Trouble with exit code 3.
 *
 * | kind | decided |
 * |---|---|
 * | file | any mode (set-uid, set-gid and sticky bits are dropped), owner becomes root |
 * | directory | may come late or twice, as tar allows |
 * | symbolic link | any target: it is made inside the image; nothing may be written through it |
 * | build.sh, run.sh | a regular file, or a symbolic link straight to one of the archive, by a relative path without `..` |
 * | hard link | to a regular file that stands before it in the archive, or to another hard link |
 * | device, FIFO, socket, sparse, multi-volume … | refused by the reader |
 * | names that aren't UTF-8 | pass as they are: git allows them |
 * | `.wh.…` | refused: image layers use these names to mark deletions, the file would vanish |
 */
export class ArchiveRules {
  readonly #limits: Limits;
  readonly #kinds = new Map<string, EntryKind>();
  /** Where a script leads that is a symbolic link. */
  readonly #scriptTargets = new Map<string, string>();
  #approved = 0;
  #bytes = 0;
  #names = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many names the archive makes, folders on the way included. */
  get entries(): number {
    return this.#kinds.size;
  }

  /** Whether the archive makes this name, clean and relative. */
  has(name: string): boolean {
    return this.#kinds.has(name);
  }

  /** The entry under the name it gets in the image; undefined for the root itself, which exists already. */
  approve(entry: Entry): Entry | undefined {
    this.#approved++;
    this.#limitEntries();
    const name = cleanName(entry.name);
    if (name === '') return refuseRootUnlessFolder(entry);
    const known = this.#kinds.get(name);
    if (known !== undefined && !(known === 'directory' && entry.kind === 'directory')) throw messages.twice(entry.name);
    this.#makeFolders(name, entry.name);
    this.#add(name, entry.kind);
    if (known === undefined) this.#countName(name);
    this.#count(entry);
    const target = this.#target(name, entry);
    if (entry.kind === 'symlink' && isScript(name)) this.#scriptTargets.set(name, target);
    return { ...entry, name, mode: entry.mode & 0o777, target };
  }

  /** Called at the archive's end: are both scripts there? */
  finish(): void {
    if (this.#kinds.size === 0) throw messages.emptyArchive();
    const problem = checkLayout({
      has: (name) => this.has(name),
      isRegularFile: (name) => this.#kinds.get(name) === 'file',
      linkTarget: (script) => this.#scriptTargets.get(script),
      buildScripts: () => [...this.#kinds.keys()].filter((name) => name.endsWith('/build.sh')),
    });
    if (problem?.kind === 'missing') throw messages.scriptsMissing(problem.scripts, problem.folder);
    if (problem?.kind === 'not-regular') throw messages.scriptNotRegular(problem.script);
  }

  /** The file that a script is: itself, or what its symbolic link leads to. */
  fileOf(script: Script): string {
    return scriptFile(script, this.#scriptTargets.get(script));
  }

  /** Each folder on the way is looked at once, so that long names stay cheap: it stops at the first known one. */
  #makeFolders(name: string, asWritten: string): void {
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      const folder = name.slice(0, slash);
      const kind = this.#kinds.get(folder);
      if (kind === 'directory') return;
      if (kind !== undefined) throw messages.throughNonFolder(asWritten, folder, kind);
      this.#add(folder, 'directory');
    }
  }

  #add(name: string, kind: EntryKind): void {
    this.#kinds.set(name, kind);
    this.#limitEntries();
  }

  /** Names count, and entries too: a folder may come any number of times. */
  #limitEntries(): void {
    if (Math.max(this.#kinds.size, this.#approved) > this.#limits.maxEntries)
      throw messages.tooManyEntries(this.#limits.maxEntries);
  }

  #countName(name: string): void {
    this.#names += name.length;
    const limit = maxNames(this.#limits);
    if (this.#names > limit) throw messages.tooMuchOverhead(limit);
  }

  #count(entry: Entry): void {
    this.#bytes += entry.size;
    if (this.#bytes > this.#limits.maxUnpacked) throw messages.tooLarge(this.#limits.maxUnpacked);
  }

  #target(name: string, entry: Entry): string {
    if (entry.kind === 'symlink') {
      if (entry.target === '' || entry.target.includes('\0') || entry.target.length > MAX_NAME)
        throw messages.badTarget(entry.name);
      return entry.target;
    }
    if (entry.kind !== 'hardlink') return '';
    const parts = partsOf(entry.target);
    const target = parts.join('/');
    const kind = flawOf(entry.target, parts) === undefined ? this.#kinds.get(target) : undefined;
    if (target === name || (kind !== 'file' && kind !== 'hardlink'))
      throw messages.badHardLink(entry.name, entry.target);
    return target;
  }
}

function refuseRootUnlessFolder(entry: Entry): undefined {
  if (entry.kind !== 'directory') throw messages.badName(entry.name);
}

/** `./a//b/` → `a/b`; the root is the empty string. */
function cleanName(name: string): string {
  const parts = partsOf(name);
  const flaw = flawOf(name, parts);
  if (flaw !== undefined) throw flaw;
  return parts.join('/');
}

function flawOf(name: string, parts: string[]): Error | undefined {
  if (name.startsWith('/')) return messages.absoluteName(name);
  if (name === '' || name.includes('\0') || name.length > MAX_NAME) return messages.badName(name);
  for (const part of parts) {
    if (part === '..') return messages.climbingName(name);
    if (part.length > MAX_COMPONENT) return messages.badName(name);
    if (part.startsWith('.wh.')) return messages.whiteout(name);
  }
  return undefined;
}

function partsOf(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.');
}
