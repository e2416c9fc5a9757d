/** What the factory says about its disk. */
import { Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatBytes } from '../../units.ts';

/** An error of the file system while an archive is spooled. */
export function asSpoolTrouble(cause: NodeJS.ErrnoException): Trouble {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') return diskFull();
  return new Trouble('spool-unusable', EXIT.factory, `cannot write the archive to the spool: ${cause.code}`, {
    cause,
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });
}

export const diskFull = () =>
  new Trouble('disk-full', EXIT.factory, "the factory's disk is full", { hint: 'on the factory: docker system prune' });

export const spoolUnusable = (path: string, cause: NodeJS.ErrnoException) =>
  new Trouble('spool-unusable', EXIT.factory, `cannot write to ${path}: ${cause.code}`, {
    cause,
    hint: `on the factory: install -d -o docker -g docker -m 700 ${path}`,
  });

export const lockUnusable = (path: string, cause: NodeJS.ErrnoException) =>
  new Trouble('lock-unusable', EXIT.factory, `cannot lock ${path}: ${cause.code}`, {
    cause,
    hint: `on the factory: rm -rf -- ${path}`,
  });

export const pruning = () => 'Disk almost full: removing old images and build caches of apps';

export const pruned = (before: number, after: number) =>
  `removed old images and build caches of apps: freed ${formatBytes(Math.max(0, after - before))}, ${formatBytes(after)} free`;

export const noRoom = (free: number, needed: number, minFree: number) =>
  new Trouble(
    'no-room',
    EXIT.factory,
    `not enough disk space on the factory: ${formatBytes(free)} free; this build needs ${formatBytes(needed)} and must leave ${formatBytes(minFree)}`,
    { hint: 'on the factory: free some space (docker system df), or lower DOSKARA_MIN_FREE' },
  );
