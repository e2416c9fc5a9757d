/** What the factory says about its disk. */
import { formatBytes } from '../../units.ts';
import { CHECK, fault } from './fault.ts';

/** An error of the file system while an archive is spooled. */
export const asSpoolTrouble = (cause: NodeJS.ErrnoException) =>
  cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
    ? diskFull()
    : fault('spool-unusable', `cannot write the archive to the spool: ${cause.code}`, CHECK, cause);

export const diskFull = () => fault('disk-full', "the factory's disk is full", 'docker system prune');

export const builderDiskFull = (builder: string) =>
  fault('disk-full', `the disk of builder ${builder} is full`, `docker buildx prune --builder ${builder}`);

export const spoolUnusable = (path: string, cause: NodeJS.ErrnoException) =>
  fault(
    'spool-unusable',
    `cannot write to ${path}: ${cause.code}`,
    `install -d -o docker -g docker -m 700 ${path}`,
    cause,
  );

export const lockUnusable = (path: string, cause: NodeJS.ErrnoException) =>
  fault('lock-unusable', `cannot lock ${path}: ${cause.code}`, `rm -rf -- ${path}`, cause);

export const pruning = () => 'Disk almost full: removing old images and build caches of apps';

export const pruned = (before: number, after: number) =>
  `removed old images and build caches of apps: freed ${formatBytes(Math.max(0, after - before))}, ${formatBytes(after)} free`;

/** `freed`: as buildx prints it. */
export const builderPruned = (builder: string, freed: string) =>
  `builder ${builder}: removed old build caches of apps, freed ${freed}`;
export const builderNotPruned = (builder: string, reason: string) =>
  `warning: builder ${builder} was not pruned: ${reason}`;

export const noRoom = (free: number, needed: number, minFree: number) =>
  fault(
    'no-room',
    `not enough disk space on the factory: ${formatBytes(free)} free; this build needs ${formatBytes(needed)} and must leave ${formatBytes(minFree)}`,
    'free some space (docker system df), or lower DOSKARA_MIN_FREE',
  );
