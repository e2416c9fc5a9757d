import * as messages from '../messages/archive.ts';
import type { ByteStream } from './byte-stream.ts';
import { BLOCK, cString, type RawHeader } from './header.ts';
import { parsePaxRecords } from './pax.ts';

/** Of a pax or GNU long-name header, which is read into memory. */
const MAX_HEADER_BYTES = 1024 * 1024;
const TYPES = ['x', 'L', 'K', 'g'];
/** A global header could rename or resize every entry after it; nobody writes such, so nobody is missed. */
const NOT_GLOBAL = /^(?:path|linkpath|size|hdrcharset|GNU\.sparse\..*)$/;

/** What pax headers and GNU's long names say of the entry that follows them, and of the whole archive. */
export class Extensions {
  #types = '';
  #records = new Map<string, string>();
  #comment: string | undefined;

  /** Of the pax global headers: git writes the commit's id there. */
  get comment(): string | undefined {
    return this.#comment;
  }

  static includes(header: RawHeader): boolean {
    return TYPES.includes(header.type);
  }

  async read(bytes: ByteStream, { type, size }: RawHeader): Promise<void> {
    if (size === undefined || size > MAX_HEADER_BYTES) throw messages.headerTooLong(size);
    const data = await bytes.read(size);
    if (data.length < size) throw messages.archiveTruncated();
    await skipPadding(bytes, size);
    if (type === 'g') return this.#readGlobals(data);
    if (this.#types.includes(type)) throw messages.strayHeader();
    this.#types += type;
    if (type === 'L') this.#add('path', cString(data, 0, size));
    else if (type === 'K') this.#add('linkpath', cString(data, 0, size));
    else for (const [key, value] of parseRecords(data)) this.#add(key, value);
  }

  /** Hands out what is said of the next entry, and forgets it. */
  take(): ReadonlyMap<string, string> {
    const records = this.#records;
    this.#types = '';
    this.#records = new Map();
    return records;
  }

  /** At the archive's end nothing may wait for an entry. */
  finish(): void {
    if (this.#types !== '') throw messages.strayHeader();
  }

  #add(key: string, value: string): void {
    if (this.#records.has(key)) throw messages.strayHeader();
    this.#records.set(key, value);
  }

  #readGlobals(data: Buffer): void {
    const records = parseRecords(data);
    for (const key of records.keys()) if (NOT_GLOBAL.test(key)) throw messages.forbiddenGlobal(key);
    this.#comment = records.get('comment') ?? this.#comment;
  }
}

function parseRecords(data: Buffer): Map<string, string> {
  const records = parsePaxRecords(data);
  if (records === undefined) throw messages.badPax();
  return records;
}

export async function skipPadding(bytes: ByteStream, size: number): Promise<void> {
  const padding = (BLOCK - (size % BLOCK)) % BLOCK;
  if ((await bytes.read(padding)).length < padding) throw messages.archiveTruncated();
}
