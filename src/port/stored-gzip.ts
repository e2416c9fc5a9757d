import { crc32 } from 'node:zlib';

/** Deflate, no flags, no time, no system: https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const START = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/**
 * Bytes before a stored block, and what it holds: nearly as much as it can
 * (https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4), and with its head two of ssh's packets.
 */
const HEAD = 5;
const BLOCK = 64 * 1024 - HEAD;

/** Blocks in a chunk: with larger ones the system is asked less often, and 218 MB are sent 6 % sooner. */
const BLOCKS = 4;

/**
 * Wraps bytes up as gzip that compresses nothing. However the bytes are split into chunks, what comes out is the same,
 * which no compressor promises from one version or machine to the next. The end is written only when the chunks have
 * ended well.
 */
export async function* storedGzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield START;
  let crc = 0;
  let size = 0;
  let blocks = new Blocks();
  for await (const chunk of chunks) {
    crc = crc32(chunk, crc);
    size += chunk.length;
    for (let start = 0; start < chunk.length; ) {
      start += blocks.add(chunk, start);
      if (!blocks.isFull) continue;
      yield blocks.end();
      blocks = new Blocks();
    }
  }
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc);
  end.writeUInt32LE(size % 2 ** 32, 4);
  yield Buffer.concat([blocks.endAll(), end]);
}

/** Stored blocks, one after the other. */
class Blocks {
  readonly #bytes = Buffer.allocUnsafe(BLOCKS * (HEAD + BLOCK));
  /** Where the last block starts, and what it holds. */
  #start = 0;
  #used = 0;

  get isFull(): boolean {
    return this.#start === this.#bytes.length;
  }

  /** Takes as much of a chunk as the last block has room for; returns how much that was. */
  add(chunk: Buffer, start: number): number {
    const at = this.#start + HEAD + this.#used;
    const copied = chunk.copy(this.#bytes, at, start, start + BLOCK - this.#used);
    this.#used += copied;
    if (this.#used === BLOCK) this.#close(false);
    return copied;
  }

  end(): Buffer {
    return this.#bytes.subarray(0, this.#start);
  }

  /** With the block that is the last of all. */
  endAll(): Buffer {
    this.#close(true);
    return this.end();
  }

  #close(isLast: boolean): void {
    this.#bytes.writeUInt8(isLast ? 1 : 0, this.#start);
    this.#bytes.writeUInt16LE(this.#used, this.#start + 1);
    this.#bytes.writeUInt16LE(~this.#used & 0xffff, this.#start + 3);
    this.#start += HEAD + this.#used;
    this.#used = 0;
  }
}
