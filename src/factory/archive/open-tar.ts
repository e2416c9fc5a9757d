import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { createGunzip, type Gunzip } from 'node:zlib';
import { Trouble } from '../../errors.ts';
import * as messages from '../messages/archive.ts';
import { BLOCK, isHeader } from './header.ts';

/** How many bytes of the archive have arrived. */
export interface Arrived {
  bytes: number;
}

const GZIP = Buffer.from([0x1f, 0x8b]);

/**
 * The tar in a stream: as it is, or unpacked if its first two bytes are those of gzip. Throws a Trouble with exit code 3
 * if it is neither, if the gzip is damaged, and if anything follows it. Close the generator to free gunzip's memory.
 */
export async function* openTar(stream: Readable, arrived: Arrived): AsyncGenerator<Buffer, void, undefined> {
  const chunks = arrivingChunks(stream, arrived);
  let start = await readAtLeast(GZIP.length, Buffer.alloc(0), chunks);
  if (start.length === 0) throw messages.nothingReceived();
  if (GZIP.indexOf(start.subarray(0, GZIP.length)) === 0) return yield* unpack(start, chunks, arrived);
  start = await readAtLeast(BLOCK, start, chunks);
  if (!isHeader(start)) throw messages.notArchive();
  yield start;
  yield* chunks;
}

async function* arrivingChunks(stream: Readable, arrived: Arrived): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      arrived.bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Trouble ? error : messages.brokenOff(error as Error);
  }
}

/** Chunks joined until there are `count` bytes; fewer if the stream ends before. */
async function readAtLeast(count: number, start: Buffer, chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts = [start];
  for (let length = start.length; length < count; ) {
    const { value, done } = await chunks.next();
    if (done) break;
    length += value.length;
    parts.push(value);
  }
  return Buffer.concat(parts);
}

async function* unpack(start: Buffer, rest: AsyncGenerator<Buffer>, arrived: Arrived) {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  gunzip.on('error', () => {}); // the reader gets it too, unless it has refused the archive before
  const reading = new AbortController();
  const poured = pour(start, rest, gunzip, reading.signal);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
    // zlib stops at zeros behind the gzip, other readers go on
    if (gunzip.bytesWritten !== arrived.bytes) throw messages.trailingData();
    await poured;
  } catch (error) {
    throw messages.asGzipTrouble(error as Error) ?? error;
  } finally {
    gunzip.destroy();
    reading.abort();
  }
}

/**
 * Writes the chunks to gunzip, at the reader's pace. Never rejects: the reader gets the error. Not a pipeline: that
 * leaves listeners on the stream, and a silent sender's stream open after gunzip is destroyed.
 */
async function pour(start: Buffer, rest: AsyncGenerator<Buffer>, gunzip: Gunzip, signal: AbortSignal): Promise<void> {
  try {
    if (!gunzip.write(start)) await once(gunzip, 'drain', { signal });
    for await (const chunk of rest) if (!gunzip.write(chunk)) await once(gunzip, 'drain', { signal });
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error as Error);
  }
}
