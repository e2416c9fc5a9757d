import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { asRoot } from './processes.ts';

/** A separate file system in a file. */
export interface SmallDisk extends AsyncDisposable {
  folder: string;
  free(): Promise<number>;
  /** Takes up this many bytes. */
  fill(bytes: number): Promise<void>;
  /** Fills it to the last block. */
  fillUp(): Promise<void>;
  empty(): Promise<void>;
}

export async function mountSmallDisk(folder: string, bytes: number): Promise<SmallDisk> {
  const image = `${folder}.ext4`;
  const ballast = `${folder}/ballast`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, bytes);
  await execa('/sbin/mkfs.ext4', ['-q', '-m', '0', '-b', '4096', image]);
  await asRoot('mount', '-o', 'loop', image, folder);
  return {
    folder,
    async free() {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    fill: (size) => asRoot('fallocate', '-l', String(size), ballast),
    fillUp: () => asRoot('sh', '-c', fillingUp(folder)),
    empty: () => asRoot('rm', '-f', ballast),
    [Symbol.asyncDispose]: () => asRoot('umount', folder),
  };
}

/**
 * A shell script that fills a disk to its last block. ext4 allocates blocks late, and those it reserved for delayed
 * writes become free again afterwards.
 */
export function fillingUp(folder: string): string {
  const ballast = `'${folder}/ballast'`;
  const more = (bytes: number) => `while head -c ${bytes} /dev/zero >> ${ballast} && sync -f ${ballast}; do :; done`;
  return `{ cat /dev/zero > ${ballast}; sync -f ${ballast}; ${more(4096)}; ${more(512)}; } 2>/dev/null; true`;
}
