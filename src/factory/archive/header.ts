import * as messages from '../messages/archive.ts';

export const BLOCK = 512;
const ZEROS = Buffer.alloc(BLOCK);

/** A header block's fields as they stand there; undefined where a number can't be read. Names are binary strings. */
export interface RawHeader {
  name: string;
  type: string;
  target: string;
  mode: number | undefined;
  size: number | undefined;
  mtime: number | undefined;
}

/**
 * Decodes a header block; undefined for one of zeros. Not left to node-tar's Header: it throws on odd base-256 numbers,
 * decodes names as UTF-8, and takes blocks for zeros that aren't.
 */
export function decodeHeader(block: Buffer): RawHeader | undefined {
  if (!isHeader(block)) throw messages.notTar();
  if (block.equals(ZEROS)) return undefined;
  return {
    name: headerName(block),
    type: cString(block, 156, 1),
    target: cString(block, 157, 100),
    mode: readNumber(block, 100, 8),
    size: readNumber(block, 124, 12),
    mtime: readNumber(block, 136, 12),
  };
}

/** Whether bytes begin with a header, which has a checksum, or with a block of zeros, which ends an archive. */
export function isHeader(bytes: Buffer): boolean {
  const block = bytes.subarray(0, BLOCK);
  return block.length === BLOCK && (readNumber(block, 148, 8) === checksum(block) || block.equals(ZEROS));
}

/** The sum of all bytes, those of the sum itself taken as spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}

/** Octal digits between spaces and NULs, or GNU's base-256: 0x80, then big-endian. Negative and huge ones are not read. */
function readNumber(block: Buffer, start: number, length: number): number | undefined {
  if ((block[start] ?? 0) >= 0x80) return readBase256(block.subarray(start, start + length));
  const [, digits] = /^[ \0]*([0-7]*)(?:[ \0]|$)/.exec(block.toString('latin1', start, start + length)) ?? [];
  return digits === undefined ? undefined : Number(`0o0${digits}`);
}

function readBase256(field: Buffer): number | undefined {
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return field[0] === 0x80 && Number.isSafeInteger(value) ? value : undefined;
}

/** POSIX puts what doesn't fit the first 100 bytes into a prefix; GNU's magic differs and has no prefix. */
function headerName(block: Buffer): string {
  const name = cString(block, 0, 100);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? cString(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Text up to the first NUL, one character a byte. */
export function cString(bytes: Buffer, start: number, length: number): string {
  const text = bytes.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
