import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doskara-start-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const cache = () => join(folder, 'cache');
const code = () => join(cache(), 'bundle.cjs.code');

/** A bundle, in the form that src/packaging/bundle.ts gives it, with a few functions that V8 compiles when they run. */
function writeBundle(said: string): void {
  const functions = Array.from({ length: 50 }, (_, i) => `function f${i}(x) { return x + ${i}; }`);
  const calls = functions.map((_, i) => `f${i}(1)`).join(' + ');
  const text = `(async (require, __filename, __dirname) => {
const START = ${JSON.stringify(`${resolve('dist/start.cjs')},${cache()}`)};
${functions.join('\n')}
console.log(${JSON.stringify(said)}, ${calls}, process.argv.slice(2).join(), process.execArgv.join() === START, require('node:path').basename(__filename) === require('node:path').basename(process.argv[1]));
})`;
  writeFileSync(join(folder, 'bundle.cjs'), text);
}

async function run(where = cache()): Promise<string> {
  const { stdout } = await execa(process.execPath, [
    resolve('dist/start.cjs'),
    where,
    join(folder, 'bundle.cjs'),
    'a',
    'b',
  ]);
  return stdout;
}

test('a bundle gets its own arguments, and its compiled code is kept for the next run', async () => {
  writeBundle('one');
  expect(await run()).toBe('one 1275 a,b true true');
  const { mtimeMs } = statSync(code());
  expect(statSync(code()).mode & 0o777).toBe(0o600);
  expect(await run()).toBe('one 1275 a,b true true');
  expect(statSync(code()).mtimeMs).toBe(mtimeMs);
});

test('the code of another bundle of the same length is not run', async () => {
  writeBundle('one');
  await run();
  writeBundle('two');
  expect(await run()).toBe('two 1275 a,b true true');
  expect(await run()).toBe('two 1275 a,b true true');
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['with one other bit', (bytes) => Buffer.from(bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)))],
  ['cut short', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ['of a few bytes', () => Buffer.from('doskara')],
  ['that is empty', () => Buffer.alloc(0)],
  // with right checksums: V8 itself must refuse it
  ['of zeros', (bytes) => Buffer.concat([sumOfZeros(bytes), Buffer.alloc(4096)])],
])('a cache %s is made anew', async (_, damage) => {
  writeBundle('one');
  await run();
  const good = readFileSync(code());
  writeFileSync(code(), damage(good));
  expect(await run()).toBe('one 1275 a,b true true');
  expect(readFileSync(code()).subarray(4, 8)).toEqual(good.subarray(4, 8));
  expect(readFileSync(code()).length).toBeGreaterThan(4096 / 2);
});

function sumOfZeros(bytes: Buffer): Buffer {
  const header = Buffer.from(bytes.subarray(0, 16));
  header.writeUInt32LE(0xc71c0011, 0); // CRC-32 of 4096 zeros
  return header;
}

test('without a folder for it, or with one that cannot be written, the bundle runs all the same', async () => {
  writeBundle('one');
  expect(await run('')).toBe('one 1275 a,b false true');
  expect(existsSync(cache())).toBe(false);
  mkdirSync(code(), { recursive: true });
  expect(await run()).toBe('one 1275 a,b true true');
  expect(readdirSync(cache())).toEqual(['bundle.cjs.code']);
  rmSync(cache(), { recursive: true });
  copyFileSync(join(folder, 'bundle.cjs'), cache());
  expect(await run()).toBe('one 1275 a,b true true');
});
