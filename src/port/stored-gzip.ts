import { crc32 } from 'node:zlib';

/** Deflate, no flags, no time, no system: https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const START = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/**
 * Bytes before a stored block, and what it holds: nearly as much as it can
 * (https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4), and with its head two of ssh's packets.
 */
const HEAD = 5;
const BLOCK = 64 * 1024 - HEAD;

/**
 * Wraps bytes up as gzip that compresses nothing. However the bytes are split into chunks, what comes out is the same,
 * which no compressor promises from one version or machine to the next. The end is written only when the chunks have
 * ended well.
 */
export async function* storedGzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield START;
  let crc = 0;
  let size = 0;
  let block = Buffer.allocUnsafe(HEAD + BLOCK);
  let used = 0;
  for await (const chunk of chunks) {
    crc = crc32(chunk, crc);
    size += chunk.length;
    for (let start = 0; start < chunk.length; ) {
      const copied = chunk.copy(block, HEAD + used, start);
      start += copied;
      used += copied;
      if (used < BLOCK) continue;
      yield stored(block, used, false);
      block = Buffer.allocUnsafe(HEAD + BLOCK);
      used = 0;
    }
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc);
  end.writeUInt32LE(size % 2 ** 32, 4);
  yield Buffer.concat([stored(block, used, true), end]);
}

function stored(block: Buffer, used: number, isLast: boolean): Buffer {
  block.writeUInt8(isLast ? 1 : 0);
  block.writeUInt16LE(used, 1);
  block.writeUInt16LE(~used & 0xffff, 3);
  return block.subarray(0, HEAD + used);
}
