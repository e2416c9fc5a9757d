/** How values of the factory's settings are parsed; undefined: invalid. */
import { availableParallelism, totalmem } from 'node:os';
import { isImageReference } from '../image-reference.ts';
import { parseBytes } from '../units.ts';

export const REGISTRY = /^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
export const IMAGE_PATTERN = /^[a-zA-Z0-9*][a-zA-Z0-9*._:/@-]*$/;
export const PROGRAM = /^[\w./][\w./-]*$/;
export const BUILDER = /^\w[\w.-]*$/;
export const PATH = /^\/[\w./-]+$/;

export const text = (pattern: RegExp) => (value: string) => (pattern.test(value) ? value : undefined);
export const image = (value: string) => (isImageReference(value) ? value : undefined);
export const names = (pattern: RegExp) => (value: string) => {
  const all = [...new Set(value.split(' ').filter((name) => name !== ''))];
  return all.every((name) => pattern.test(name)) ? Object.freeze(all) : undefined;
};
export const compression = (value: string) => (value === 'zstd' || value === 'gzip' ? value : undefined);
export const onOrOff = (value: string) => (value === 'on' ? true : value === 'off' ? false : undefined);
export const count = (value: string) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined);
export const countTo = (limit: number) => (value: string) => {
  const number = count(value);
  return number !== undefined && number >= 1 && number <= limit ? number : undefined;
};
/** `cores`: how many this machine has. */
export const coresOrCount = (value: string) => (value === 'cores' ? availableParallelism() : countTo(999)(value));
/** Bytes; a percentage is of this machine's memory. */
export const memory = (value: string) => {
  const [, percent] = /^([1-9]\d?|100)%$/.exec(value) ?? [];
  const bytes = percent === undefined ? parseBytes(value) : Math.floor((totalmem() * Number(percent)) / 100);
  return bytes !== undefined && bytes >= MIN_MEMORY_BYTES ? bytes : undefined;
};
/** With less, docker cannot start a build. */
const MIN_MEMORY_BYTES = 16 * 1024 ** 2;
