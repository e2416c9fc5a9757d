import * as messages from '../messages/archive.ts';

/** A stream read by numbers of bytes: headers whole, bodies in the chunks they came in. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #maxOverhead: number;
  #rest: Buffer = Buffer.alloc(0);
  #overhead = 0;

  /** A trouble meets the reader of more than `maxOverhead` bytes by `read`. */
  constructor(stream: AsyncIterable<Buffer>, maxOverhead: number) {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#maxOverhead = maxOverhead;
  }

  /**
   * Exactly `count` bytes, or what is left of the stream if that is less. For all that isn't a file's content: a few
   * kilobytes of gzip unpack to gigabytes of headers, or of zeros behind the archive, which no other limit counts.
   */
  async read(count: number): Promise<Buffer> {
    this.#overhead += count;
    if (this.#overhead > this.#maxOverhead) throw messages.tooMuchOverhead(this.#maxOverhead);
    const parts = [];
    let missing = count;
    while (missing > 0) {
      const part = await this.some(missing);
      if (part.length === 0) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** Between 1 and `count` bytes; none at the end of the stream. */
  async some(count: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return this.#rest;
      this.#rest = next.value;
    }
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
