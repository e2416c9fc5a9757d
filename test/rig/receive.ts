import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import { formatHint, Trouble } from '../../src/errors.ts';
import { type ReceivedArchive, receiveArchive } from '../../src/factory/archive/receive.ts';

export const LIMITS = { maxEntries: 200_000, maxUnpacked: 64 * 1024 ** 2 };

export interface Received extends ReceivedArchive {
  /** The archive that docker would unpack. */
  rewritten: Buffer;
}

/** Bytes in chunks of one size, as from a pipe. */
export function streamOf(bytes: Buffer, chunkSize = 64 * 1024): Readable {
  return Readable.from(
    (function* () {
      for (let start = 0; start < bytes.length; start += chunkSize) yield bytes.subarray(start, start + chunkSize);
    })(),
  );
}

/** Receives an archive into a temporary directory. */
export async function receive(stream: Readable, limits = LIMITS): Promise<Received> {
  const folder = await mkdtemp(join(tmpdir(), 'doskara-archive-'));
  try {
    const file = join(folder, 'app.tar');
    const archive = await receiveArchive(stream, file, limits);
    return { ...archive, rewritten: await readFile(file) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The Trouble that a promise rejects with. Fails if it is not a Trouble, or has no hint. */
export async function troubleFrom(work: Promise<unknown>): Promise<Trouble> {
  const error = await work.then(
    () => expect.fail('it is accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Trouble)) throw error;
  expect(formatHint(error.hint ?? '')).toMatch(/\S/);
  return error;
}
