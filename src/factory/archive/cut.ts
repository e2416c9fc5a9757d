import { type FileHandle, utimes } from 'node:fs/promises';
import { Header } from 'tar/header';
import type { Part } from './outline.ts';
import { Rewritten } from './rewritten.ts';
import { Window } from './window.ts';
import { TAR_END } from './write-tar.ts';

const BLOCK = 512;

/** Writes some parts of a checked archive as a tar of their own, all entries with one time. */
export async function cutOut(archive: FileHandle, parts: readonly Part[], mtime: number, file: string): Promise<void> {
  await using rewritten = await Rewritten.open(file);
  const source = new Window(archive);
  for (const { entries } of parts)
    for (let i = 0; i < entries.length; i += 3)
      await copyEntry(source, rewritten, mtime, entries[i] ?? 0, entries[i + 1] ?? 0, entries[i + 2] ?? 0);
  await rewritten.write(TAR_END);
  await rewritten.finish();
  // BuildKit transfers a file of its context again when its time has changed
  await utimes(file, mtime, mtime);
}

async function copyEntry(
  source: Window,
  rewritten: Rewritten,
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
