import { type FileHandle, utimes } from 'node:fs/promises';
import { Header } from 'tar/header';
import type { Part } from './outline.ts';
import { Rewritten } from './rewritten.ts';
import { TAR_END } from './write-tar.ts';

const BLOCK = 512;

/** Writes some parts of a checked archive as a tar of their own, all entries with one time. */
export async function cutOut(archive: FileHandle, parts: readonly Part[], mtime: number, file: string): Promise<void> {
  await using rewritten = await Rewritten.open(file);
  for (const { entries } of parts)
    for (let i = 0; i < entries.length; i += 3)
      await copyEntry(archive, rewritten, mtime, entries[i] ?? 0, entries[i + 1] ?? 0, entries[i + 2] ?? 0);
  await rewritten.write(TAR_END);
  await rewritten.finish();
  // BuildKit transfers a file of its context again when its time has changed
  await utimes(file, mtime, mtime);
}

const buffer = Buffer.allocUnsafe(1024 * 1024);

async function copyEntry(
  archive: FileHandle,
  rewritten: Rewritten,
  mtime: number,
  start: number,
  headers: number,
  end: number,
): Promise<void> {
  for (let position = start; position < end; ) {
    const { bytesRead } = await archive.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytesRead === 0) throw new Error('the checked archive is shorter than it was');
    const chunk = buffer.subarray(0, bytesRead);
    if (position === start) setTimes(chunk, headers, mtime);
    await rewritten.write(chunk);
    position += bytesRead;
  }
}

/** The header proper is the last block of the headers; a pax header, where there is one, is the first. */
function setTimes(chunk: Buffer, headers: number, mtime: number): void {
  for (const offset of new Set([0, headers - BLOCK])) {
    const header = new Header(chunk, offset);
    header.mtime = new Date(mtime * 1000);
    header.encode(chunk, offset);
  }
}
