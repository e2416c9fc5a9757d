/** What port says about its disk and permissions. Exit code 4: not the app's fault. */
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { escaped } from '../../printable.ts';
import { factory } from './text.ts';

export const diskFull = (place: string | undefined, cause: Error) =>
  factory(
    'disk-full',
    `port's disk is full${place === undefined ? '' : `: cannot write ${place}`}`,
    `on port, free some space: df -h ${place === undefined ? '' : dirname(place)}`.trimEnd(),
    cause,
  );

export const diskUnwritable = (place: string | undefined, cause: NodeJS.ErrnoException) =>
  factory(
    'disk-unwritable',
    `port cannot write ${place ?? 'its disk'}: ${cause.code}`,
    `on port: findmnt ${place === undefined ? '' : `--target ${dirname(place)}`}; dmesg | tail`,
    cause,
  );

/** The command that failed, as root types it; `args` are quoted for a shell where that is needed. */
export const asRoot = (args: readonly string[]) => `run it as root: sudo doskara ${args.map(quoted).join(' ')}`;

const quoted = (arg: string) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${escaped(arg).replaceAll("'", "'\\''")}'`);

export const notAllowed = (place: string, cause: Error) =>
  factory(
    'not-allowed',
    `${userInfo().username} may not use ${place}`,
    `run this as its owner: ls -ld ${place}`,
    cause,
  );

export const notAFile = (place: string, cause: NodeJS.ErrnoException) =>
  factory(
    'not-a-file',
    cause.code === 'EISDIR' ? `${place} is a folder, not a file` : `a part of ${place} is not a folder`,
    `check it, then remove it: ls -ld ${cause.code === 'EISDIR' ? place : dirname(place)}`,
    cause,
  );
