import { Trouble } from '../errors.ts';
import * as messages from './messages/system.ts';

/** Troubles with a file, by error code (errno(3)). */
const KINDS: Record<string, (place: string, cause: NodeJS.ErrnoException) => Trouble> = {
  EACCES: messages.notAllowed,
  EPERM: messages.notAllowed,
  EISDIR: messages.notAFile,
  ENOTDIR: messages.notAFile,
  ELOOP: messages.notAFile,
};

/**
 * A full disk or another user's file is no bug of Doskara's. Returns a Trouble for such an error, and any other error
 * itself. `place`: the file in question, for errors that name none.
 */
export function asTrouble(error: unknown, place?: string): unknown {
  if (!(error instanceof Error) || error instanceof Trouble) return error;
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  if (path !== undefined && !syscall?.startsWith('spawn') && Object.hasOwn(KINDS, code))
    return KINDS[code]?.(path, error);
  return diskTrouble(error, place) ?? error;
}

/** The Trouble for an error of node's or git's about the disk; undefined for others. */
export function diskTrouble(error: Error, place?: string): Trouble | undefined {
  const { code = '', path = place } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || FULL.test(error.message)) return messages.diskFull(path, error);
  return code === 'EROFS' || code === 'EIO' ? messages.diskUnwritable(path, error) : undefined;
}

/** strerror(3) in git's messages: https://man7.org/linux/man-pages/man3/errno.3.html */
const FULL = /no space left on device|disk quota exceeded/i;
