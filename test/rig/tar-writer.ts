import { gzipSync } from 'node:zlib';

/** Any header, valid or not. Text is written as latin1; utf8() converts other text. */
export interface Fields {
  name?: string;
  type?: string;
  target?: string;
  mode?: string | Buffer;
  /** Digits or bytes of the size field (default: the body's length). */
  size?: string | Buffer;
  mtime?: string | Buffer;
  /** The magic and version: ustar, GNU's, or none (v7). */
  magic?: string;
  prefix?: string;
  checksum?: string;
  body?: Buffer | string;
  /** Whether zeros pad the body to a full block (default: they do). */
  padded?: boolean;
}

export const USTAR = 'ustar\x0000';
export const GNU = 'ustar  \0';
export const V7 = '';
export const END = Buffer.alloc(1024);

export const utf8 = (text: string) => Buffer.from(text).toString('latin1');
export const octal = (value: number, digits = 11) => `${value.toString(8).padStart(digits, '0')}\0`;

/** GNU's base-256 encoding for numbers too large for octal digits, with any sign byte and value. */
export function base256(value: bigint, length = 12, first = 0x80): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = length - 1, rest = value; i > 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  bytes[0] = first;
  return bytes;
}

/** One header block, its body and the padding. */
export function entry(fields: Fields): Buffer {
  const body = bytesOf(fields.body ?? '');
  const padding = fields.padded === false ? 0 : (512 - (body.length % 512)) % 512;
  return Buffer.concat([header(fields, body.length), body, Buffer.alloc(padding)]);
}

function header(fields: Fields, length: number): Buffer {
  const block = Buffer.alloc(512);
  const put = (value: string | Buffer, start: number, width: number) => bytesOf(value).copy(block, start, 0, width);
  put(fields.name ?? '', 0, 100);
  put(fields.mode ?? octal(0o644, 7), 100, 8);
  put(octal(0, 7), 108, 8);
  put(octal(0, 7), 116, 8);
  put(fields.size ?? octal(length), 124, 12);
  put(fields.mtime ?? octal(1_700_000_000), 136, 12);
  put(fields.type ?? '0', 156, 1);
  put(fields.target ?? '', 157, 100);
  put(fields.magic ?? USTAR, 257, 8);
  put(fields.prefix ?? '', 345, 155);
  put(fields.checksum ?? checksum(block), 148, 8);
  return block;
}

function checksum(block: Buffer): string {
  const sum = block.reduce((total, byte) => total + byte, 8 * 0x20);
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

function bytesOf(value: string | Buffer): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
}

export const file = (name: string, body: Buffer | string = '', more: Fields = {}) => entry({ name, body, ...more });
export const folder = (name: string, more: Fields = {}) => entry({ name, type: '5', mode: octal(0o755, 7), ...more });
export const symlink = (name: string, target: string, more: Fields = {}) => entry({ name, type: '2', target, ...more });
export const hardlink = (name: string, target: string, more: Fields = {}) =>
  entry({ name, type: '1', target, ...more });

/** A pax header; its records are key and value, or a complete raw record. */
export function pax(records: Record<string, string> | string, type = 'x'): Buffer {
  const body =
    typeof records === 'string'
      ? records
      : Object.entries(records)
          .map(([key, value]) => paxRecord(key, value))
          .join('');
  return entry({ name: 'pax', type, body });
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const length = [1, 2, 3, 4, 5, 6, 7].find((digits) => String(digits + rest.length).length === digits) ?? 0;
  return `${length + rest.length}${rest}`;
}

/** GNU's long name (L) or long link target (K) of the next entry. */
export const gnuLong = (type: 'L' | 'K', text: string) =>
  entry({ name: '././@LongLink', type, magic: GNU, body: `${text}\0` });

/** The scripts of every app, so that the row's own fault is the only one. */
export const SCRIPTS = Buffer.concat([
  file('build.sh', '#!/bin/sh\n', { mode: octal(0o755, 7) }),
  file('run.sh', 'exec sleep 9\n'),
]);

/** A tar of an app with these entries. */
export const app = (...entries: Buffer[]) => Buffer.concat([SCRIPTS, ...entries, END]);
export const tar = (...entries: Buffer[]) => Buffer.concat([...entries, END]);
export const gzip = (...parts: Buffer[]) => gzipSync(Buffer.concat(parts), { level: 1 });
