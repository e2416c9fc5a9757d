import { type FileHandle, open } from 'node:fs/promises';
import * as messages from '../messages/disk.ts';

/** The checked archive on disk, written in large pieces. What fails here is the factory's trouble, not the archive's. */
export class BufferedWriter implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(1024 * 1024);
  #used = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<BufferedWriter> {
    return new BufferedWriter(await inOurWords(open(path, 'w', 0o600)));
  }

  async write(bytes: Buffer): Promise<void> {
    for (let start = 0; start < bytes.length; ) {
      const copied = bytes.copy(this.#buffer, this.#used, start);
      this.#used += copied;
      start += copied;
      if (this.#used === this.#buffer.length) await this.#flush();
    }
  }

  /** To be called when all is written; without it the file is closed as it is. */
  async finish(): Promise<void> {
    await this.#flush();
    await inOurWords(this.#file.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(() => {}); // closed already, or another error is on its way
  }

  async #flush(): Promise<void> {
    await inOurWords(this.#file.appendFile(this.#buffer.subarray(0, this.#used)));
    this.#used = 0;
  }
}

function inOurWords<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw messages.asSpoolTrouble(error as NodeJS.ErrnoException);
  });
}
