import { Trouble } from '../errors.ts';
import * as messages from './messages.ts';

/** What is wrong with a file, by the code of the error (errno(3)), and how that is said. */
const KINDS: Record<string, (place: string, cause: NodeJS.ErrnoException) => Trouble> = {
  EACCES: messages.notAllowed,
  EPERM: messages.notAllowed,
  EISDIR: messages.notAFile,
  ENOTDIR: messages.notAFile,
  ELOOP: messages.notAFile,
};

/**
 * What the system refuses us is no bug of ours: a full disk, a file of somebody else. Returns the trouble that it is, or
 * the error itself where it is something else. `place`: what was worked on, for errors that name no file.
 */
export function asTrouble(error: unknown, place?: string): unknown {
  if (!(error instanceof Error) || error instanceof Trouble) return error;
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  if (path !== undefined && !syscall?.startsWith('spawn') && Object.hasOwn(KINDS, code))
    return KINDS[code]?.(path, error);
  return diskTrouble(error, place) ?? error;
}

/** The trouble with the disk that an error of node's or of git's is; undefined where it is none. */
export function diskTrouble(error: Error, place?: string): Trouble | undefined {
  const { code = '', path = place } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || FULL.test(error.message)) return messages.diskFull(path, error);
  return code === 'EROFS' || code === 'EIO' ? messages.diskUnwritable(path, error) : undefined;
}

/** As git quotes the system: https://man7.org/linux/man-pages/man3/errno.3.html */
const FULL = /no space left on device|disk quota exceeded/i;
