/**
 * `node start.cjs CACHE BUNDLE ARGS…` runs a bundle with the code that V8 compiled for it in an earlier run, and that is
 * kept in the folder CACHE, if it is not empty: a hook starts in three quarters of the time. Node's own cache
 * (module.enableCompileCache) holds only what V8 compiles before it runs anything, and the rest was compiled at each start.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Checksums of the code and of its bundle, and the CPU time of the run that it was compiled in, in milliseconds. */
const HEADER_BYTES = 16;
/** A run that took so many times as long as the one before has used more of the bundle: its code replaces the other. */
const MORE = 1.5;
/** V8 drops code that a long run has not used lately. */
const MAX_SECONDS = 60;

const [, , folder = '', bundle = ''] = process.argv;
process.execArgv.push(...process.argv.splice(1, 2)); // a hook that starts itself again passes them on
const source = readFileSync(bundle);
const sourceSum = crc32(source);
const file = folder === '' ? undefined : join(folder, `${basename(bundle)}.code`);
// saveCode must not keep the code in memory
const { code, cpuMs: cachedCpuMs } = (file === undefined ? undefined : readCode(file)) ?? {};

// bundles are ASCII
const script = new Script(source.toString('latin1'), { filename: bundle, cachedData: code });
if (file !== undefined) process.once('exit', () => saveCode(file));
script.runInThisContext()(require, bundle, dirname(bundle));

/** Undefined for that of another bundle, and for a damaged one: V8 does not check it, and would crash. */
function readCode(path: string): { code: Buffer; cpuMs: number } | undefined {
  try {
    const cached = readFileSync(path);
    const code = cached.subarray(HEADER_BYTES);
    if (cached.readUInt32LE(0) !== crc32(code) || cached.readUInt32LE(4) !== sourceSum) return undefined;
    return { code, cpuMs: cached.readUInt32LE(8) };
  } catch {
    return undefined; // there is none yet
  }
}

/** Writes the file whole or not at all, as replaceFile does, which a process that exits cannot wait for. */
function saveCode(path: string): void {
  const { user, system } = process.cpuUsage();
  const cpuMs = Math.round((user + system) / 1000);
  const isUsed = cachedCpuMs !== undefined && script.cachedDataRejected !== true;
  if (isUsed && (cpuMs < cachedCpuMs * MORE || process.uptime() > MAX_SECONDS)) return;
  const made = script.createCachedData();
  const header = Buffer.alloc(HEADER_BYTES);
  for (const [index, value] of [crc32(made), sourceSum, cpuMs].entries()) header.writeUInt32LE(value, index * 4);
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch {
    return; // the next run compiles again
  }
  try {
    writeFileSync(temporary, Buffer.concat([header, made]), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    rmSync(temporary, { force: true }); // of a full disk, say
  }
}
