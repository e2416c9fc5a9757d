import { type AppLayout, fileBehind, isCandidate, layoutFiles, readLayout } from '../../app-layout.ts';
import { MAX_COMPONENT_BYTES, MAX_NAME_BYTES, maxNames } from '../../name-limits.ts';
import * as messages from '../messages/archive.ts';
import type { Entry, EntryKind } from './entry.ts';

export interface Limits {
  maxEntries: number;
  /** Bytes of all files together. */
  maxUnpacked: number;
}

/**
 * Bytes of headers, padding and the zeros at the end that an archive may have. An entry with a pax header needs little
 * more than 2 KiB, so archives within the other limits stay below.
 */
export function maxOverhead({ maxEntries }: Limits): number {
  return 4 * 1024 ** 2 + maxEntries * 4 * 1024;
}

/**
 * Decides which entries may be unpacked. An approved entry has a clean relative name that occurs only once, and all
 * folders of its path are real ones, not symbolic links or files. Refusals are Troubles with exit code 3.
 *
 * | kind | rule |
 * |---|---|
 * | file | any mode, without set-uid, set-gid and sticky bits; owned by root |
 * | directory | may come after its contents, or repeatedly, as tar allows |
 * | symbolic link | any target, as it is resolved inside the image; nothing may be written through it |
 * | build.sh, run.sh, deps.sh, or else Dockerfile and .dockerignore | a regular file, or a symbolic link directly to one in the archive, by a relative path without `..` |
 * | hard link | to an earlier regular file or hard link of the archive |
 * | device, FIFO, socket, sparse, multi-volume … | refused by the reader |
 * | names that are not UTF-8 | allowed and kept, as in git |
 * | `.wh.…` | refused: in image layers such a name deletes another file |
 */
export class ArchiveRules {
  readonly #limits: Limits;
  readonly #kinds = new Map<string, EntryKind>();
  readonly #dockerfile: string;
  readonly #layoutFiles: ReadonlySet<string>;
  /** The targets of files of the layout that are symbolic links. */
  readonly #targets = new Map<string, string>();
  readonly #hardLinkTargets = new Map<string, string>();
  #approved = 0;
  #bytes = 0;
  #names = 0;

  /** `dockerfile`: the path of the Dockerfile, if the app has no scripts. */
  constructor(limits: Limits, dockerfile: string) {
    this.#limits = limits;
    this.#dockerfile = dockerfile;
    this.#layoutFiles = new Set(layoutFiles(dockerfile));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of names, including implied folders. */
  get entries(): number {
    return this.#kinds.size;
  }

  /** `name`: clean and relative. */
  has(name: string): boolean {
    return this.#kinds.has(name);
  }

  /** `name`: as it is in the image. */
  kindOf(name: string): EntryKind | undefined {
    return this.#kinds.get(name);
  }

  hardLinkTarget(name: string): string | undefined {
    return this.#hardLinkTargets.get(name);
  }

  /** Returns the entry with its name in the image; undefined for the root, which exists already. */
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
    if (entry.kind === 'hardlink') this.#hardLinkTargets.set(name, target);
    if (entry.kind === 'symlink' && this.#layoutFiles.has(name)) this.#targets.set(name, target);
    return { ...entry, name, mode: entry.mode & 0o777, target };
  }

  /** Checks at the end of the archive that it has what makes an app. */
  finish(): AppLayout {
    if (this.#kinds.size === 0) throw messages.emptyArchive();
    const layout = readLayout(
      {
        has: (name) => this.has(name),
        isRegularFile: (name) => this.#kinds.get(name) === 'file',
        linkTarget: (name) => this.#targets.get(name),
        candidates: () => [...this.#kinds.keys()].filter(isCandidate),
      },
      this.#dockerfile,
    );
    if (layout.kind === 'missing') throw messages.appMissing(layout);
    if (layout.kind === 'not-regular') throw messages.fileNotRegular(layout.file);
    return layout;
  }

  /** The regular file behind one of the layout: itself, or the target of its symbolic link. */
  fileOf(name: string): string {
    return fileBehind(name, this.#targets.get(name));
  }

  /** Adds the implied folders, from the innermost up to the first known one, so that deep paths stay cheap. */
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

  /** Counts entries as well as names, because a folder may come repeatedly. */
  #limitEntries(): void {
    if (Math.max(this.#kinds.size, this.#approved) > this.#limits.maxEntries)
      throw messages.tooManyEntries(this.#limits.maxEntries);
  }

  #countName(name: string): void {
    this.#names += name.length;
    const limit = maxNames(this.#limits.maxEntries);
    if (this.#names > limit) throw messages.tooMuchOverhead(limit);
  }

  #count(entry: Entry): void {
    this.#bytes += entry.size;
    if (this.#bytes > this.#limits.maxUnpacked) throw messages.tooLarge(this.#limits.maxUnpacked);
  }

  #target(name: string, entry: Entry): string {
    if (entry.kind === 'symlink') {
      if (entry.target === '' || entry.target.includes('\0') || entry.target.length > MAX_NAME_BYTES)
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
  if (name === '' || name.includes('\0') || name.length > MAX_NAME_BYTES) return messages.badName(name);
  for (const part of parts) {
    if (part === '..') return messages.climbingName(name);
    if (part.length > MAX_COMPONENT_BYTES) return messages.badName(name);
    if (part.startsWith('.wh.')) return messages.whiteout(name);
  }
  return undefined;
}

function partsOf(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.');
}
