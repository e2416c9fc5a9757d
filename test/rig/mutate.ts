import { entry } from './tar-writer.ts';

/** A small seeded random number generator (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;
type Mutation = (tar: Buffer, random: Random, other: Buffer) => Buffer;

const BLOCK = 512;
const BYTES = ['\0', '/', '.', '\x7f', '\x80', '\xff', ' ', '\n', '=', '7', '-', 'x', 'L', 'g', '5', '2', '1'];
/** Offsets of a header's fields: name, mode, size, time, type, target, magic, prefix. */
const FIELDS = [0, 100, 124, 136, 156, 157, 257, 345];
const NAMES = [
  '../x',
  '/x',
  'a',
  'a/',
  'a/b',
  './a',
  'a/../b',
  'build.sh',
  'run.sh/x',
  '.wh.a',
  '',
  '.',
  'a\0b',
  'a//b',
];

const blockAt = (tar: Buffer, random: Random) => random(Math.max(1, Math.ceil(tar.length / BLOCK))) * BLOCK;

const MUTATIONS: readonly Mutation[] = [
  function flipBit(tar, random) {
    const at = random(tar.length);
    return put(tar, at, String.fromCharCode((tar[at] ?? 0) ^ (1 << random(8))));
  },
  (tar, random) => put(tar, random(tar.length), pick(BYTES, random)),
  (tar, random) =>
    resum(put(tar, blockAt(tar, random) + pick(FIELDS, random) + random(12), pick(BYTES, random)), random),
  (tar, random) => resum(put(tar, blockAt(tar, random), `${pick(NAMES, random)}\0`), random),
  (tar, random) => resum(put(tar, blockAt(tar, random) + 156, pick(BYTES, random) + pick(NAMES, random)), random),
  (tar, random) => tar.subarray(0, random(tar.length)),
  (tar, random) => tar.subarray(0, blockAt(tar, random)),
  (tar, random) => splice(tar, blockAt(tar, random), BLOCK * random(3)),
  (tar, random) => splice(tar, blockAt(tar, random), 0, slice(tar, random)),
  (tar, random, other) => splice(tar, blockAt(tar, random), 0, slice(other, random)),
  (tar, random, other) => splice(tar, blockAt(tar, random), BLOCK, slice(other, random)),
  (tar, random) =>
    splice(tar, blockAt(tar, random), 0, entry({ name: pick(NAMES, random), type: pick(BYTES, random) })),
  (tar, random, other) => splice(tar, blockAt(tar, random), tar.length, other),
];

/** An archive with one to four faults. Checksums are often corrected, or the reader would stop at them. */
export function mutate(tar: Buffer, random: Random, other: Buffer): Buffer {
  let mutated = tar;
  for (let rounds = 1 + random(4); rounds > 0 && mutated.length > 0; rounds--)
    mutated = pick(MUTATIONS, random)(mutated, random, other);
  return random(3) === 0 ? resumAll(mutated) : mutated;
}

export function pick<T>(from: readonly T[], random: Random): T {
  return from[random(from.length)] as T;
}

function put(tar: Buffer, at: number, text: string): Buffer {
  const copy = Buffer.from(tar);
  copy.write(text, Math.min(at, copy.length), 'latin1');
  return copy;
}

function splice(tar: Buffer, at: number, removed: number, added: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([tar.subarray(0, at), added, tar.subarray(at + removed)]);
}

function slice(tar: Buffer, random: Random): Buffer {
  const start = blockAt(tar, random);
  return tar.subarray(start, start + BLOCK * (1 + random(4)));
}

function resum(tar: Buffer, random: Random): Buffer {
  return random(4) === 0 ? tar : resumAll(tar);
}

/** Writes the right checksum into each block that looks like a header. */
function resumAll(tar: Buffer): Buffer {
  const copy = Buffer.from(tar);
  for (let at = 0; at + BLOCK <= copy.length; at += BLOCK) {
    const block = copy.subarray(at, at + BLOCK);
    if (!/^[0-7 ]{6}\0 $/.test(block.toString('latin1', 148, 156))) continue;
    const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return copy;
}
