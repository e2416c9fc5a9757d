import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { asRoot } from './processes.ts';

/** A file system of its own, in a file. */
export interface SmallDisk extends AsyncDisposable {
  folder: string;
  free(): Promise<number>;
  /** Takes so many bytes away, or gives them back. */
  fill(bytes: number): Promise<void>;
  empty(): Promise<void>;
}

export async function mountSmallDisk(folder: string, bytes: number): Promise<SmallDisk> {
  const image = `${folder}.ext4`;
  const ballast = `${folder}/ballast`;
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, bytes);
  await execa('/sbin/mkfs.ext4', ['-q', '-m', '0', image]);
  await asRoot('mount', '-o', 'loop', image, folder);
  return {
    folder,
    async free() {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    fill: (size) => asRoot('fallocate', '-l', String(size), ballast),
    empty: () => asRoot('rm', '-f', ballast),
    [Symbol.asyncDispose]: () => asRoot('umount', folder),
  };
}
