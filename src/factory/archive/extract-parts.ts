import { type FileHandle, utimes } from 'node:fs/promises';
import { Header } from 'tar/header';
import { BufferedWriter } from './buffered-writer.ts';
import type { Part } from './parts.ts';
import { TAR_END } from './write-tar.ts';

const BLOCK = 512;

/** Writes some parts of a checked archive as a tar of their own, all entries with one time. */
export async function extractParts(
  archive: FileHandle,
  parts: readonly Pick<Part, 'entries'>[],
  mtime: number,
  file: string,
): Promise<void> {
  await using rewritten = await BufferedWriter.open(file);
  const source = new BufferedReader(archive);
  for (const { entries } of parts)
    for (let i = 0; i < entries.length; i += 3)
      await copyEntry(source, rewritten, mtime, entries[i] ?? 0, entries[i + 1] ?? 0, entries[i + 2] ?? 0);
  await rewritten.write(TAR_END);
  await rewritten.finish();
  // BuildKit transfers a file of its context again when its time has changed
  await utimes(file, mtime, mtime);
}

async function copyEntry(
  source: BufferedReader,
  rewritten: BufferedWriter,
  mtime: number,
  start: number,
  headers: number,
  end: number,
): Promise<void> {
  const head = Buffer.from(await source.some(start, headers));
  setTimes(head, mtime);
  await rewritten.write(head);
  for (let position = start + headers; position < end; ) {
    const chunk = await source.some(position, end - position);
    await rewritten.write(chunk);
    position += chunk.length;
  }
}

/** The header proper is the last block of the headers; a pax header, where there is one, is the first. */
function setTimes(headers: Buffer, mtime: number): void {
  for (const offset of new Set([0, headers.length - BLOCK])) {
    const header = new Header(headers, offset);
    header.mtime = new Date(mtime * 1000);
    header.encode(headers, offset);
  }
}

const BUFFER_BYTES = 1024 * 1024;

/** Reads a file in large pieces: most entries of an app are small, and follow each other. */
export class BufferedReader {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #start = 0;
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `count` bytes from a position on, or as many as the buffer holds; valid until the next call. */
  async some(position: number, count: number): Promise<Buffer> {
    const wanted = Math.min(count, BUFFER_BYTES);
    if (position < this.#start || position + wanted > this.#start + this.#length) await this.#move(position);
    if (this.#length < wanted) throw new Error('the checked archive is shorter than it was');
    return this.#buffer.subarray(position - this.#start, position - this.#start + wanted);
  }

  async #move(position: number): Promise<void> {
    const { bytesRead } = await this.#file.read(this.#buffer, 0, BUFFER_BYTES, position);
    this.#start = position;
    this.#length = bytesRead;
  }
}
