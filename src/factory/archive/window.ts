import type { FileHandle } from 'node:fs/promises';

const SIZE = 1024 * 1024;

/** A file read in large pieces: most entries of an app are small, and stand one after the other. */
export class Window {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(SIZE);
  #start = 0;
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `count` bytes from a position on, or as many as the window holds; they are good until the next call. */
  async some(position: number, count: number): Promise<Buffer> {
    const wanted = Math.min(count, SIZE);
    if (position < this.#start || position + wanted > this.#start + this.#length) await this.#move(position);
    if (this.#length < wanted) throw new Error('the checked archive is shorter than it was');
    return this.#buffer.subarray(position - this.#start, position - this.#start + wanted);
  }

  async #move(position: number): Promise<void> {
    const { bytesRead } = await this.#file.read(this.#buffer, 0, SIZE, position);
    this.#start = position;
    this.#length = bytesRead;
  }
}
