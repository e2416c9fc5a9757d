import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { parseEnv } from 'node:util';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { parseBytes } from '../quantities.ts';
import type { BuildLimits } from './limits.ts';

export interface FactorySettings {
  readonly registry: string;
  readonly baseImage: string;
  /** Bytes. */
  readonly maxUnpacked: number;
  readonly maxEntries: number;
  /** Bytes that a build must leave free. */
  readonly minFree: number;
  /** Images kept per app, besides latest. */
  readonly keepImages: number;
  /** The docker CLI: a name in PATH or a path. */
  readonly docker: string;
  /** A `docker buildx` builder; empty: the engine's own. */
  readonly builder: string;
  /** Of the layers that buildx pushes. */
  readonly compression: Compression;
  /** Bytes, of a build and of all builds together. */
  readonly buildMemory: number;
  readonly buildProcesses: number;
  readonly buildCpuWeight: number;
  /** Bytes that an app may leave in its CACHE_DIR. */
  readonly cacheLimit: number;
  /** Where archives are spooled and locks lie. */
  readonly spool: string;
}

export type Compression = 'zstd' | 'gzip';

export const DEFAULT_SPOOL = '/var/lib/doskara';

const SETTINGS_FILE = '/etc/doskara/factory.env';

const REGISTRY = /^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const IMAGE = /^[a-zA-Z0-9]+(?:[._:/-]+[a-zA-Z0-9]+)*(?:@sha256:[0-9a-f]{64})?$/;
const PROGRAM = /^[\w./][\w./-]*$/;
const BUILDER = /^(?:[\w][\w.-]*)?$/;
const PATH = /^\/[\w./-]+$/;

const text = (pattern: RegExp) => (value: string) => (pattern.test(value) ? value : undefined);
const compression = (value: string) => (value === 'zstd' || value === 'gzip' ? value : undefined);
const count = (value: string) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined);
const countTo = (limit: number) => (value: string) => {
  const number = count(value);
  return number !== undefined && number >= 1 && number <= limit ? number : undefined;
};
/** A percentage is one of this machine's memory. */
const memory = (value: string) => {
  const [, percent] = /^([1-9]\d?|100)%$/.exec(value) ?? [];
  const bytes = percent === undefined ? parseBytes(value) : Math.floor((totalmem() * Number(percent)) / 100);
  return bytes !== undefined && bytes >= LEAST_MEMORY ? bytes : undefined;
};
/** Bytes: with less, docker can't start a build. */
const LEAST_MEMORY = 16 * 1024 ** 2;

/** Key, property, default, reader, and what a good value looks like. */
const TABLE = [
  ['DOSKARA_REGISTRY', 'registry', 'warehouse:5000', text(REGISTRY), 'HOST[:PORT][/PATH]'],
  ['DOSKARA_BASE_IMAGE', 'baseImage', 'debian:bookworm-slim', text(IMAGE), 'an image reference'],
  ['DOSKARA_MAX_UNPACKED', 'maxUnpacked', '4G', parseBytes, 'a size such as 4G'],
  ['DOSKARA_MAX_ENTRIES', 'maxEntries', '200000', count, 'a number'],
  ['DOSKARA_MIN_FREE', 'minFree', '2G', parseBytes, 'a size such as 2G'],
  ['DOSKARA_KEEP_IMAGES', 'keepImages', '5', count, 'a number'],
  ['DOSKARA_DOCKER', 'docker', 'docker', text(PROGRAM), 'a program'],
  ['DOSKARA_BUILDER', 'builder', '', text(BUILDER), 'a builder of docker buildx'],
  ['DOSKARA_COMPRESSION', 'compression', 'zstd', compression, 'zstd or gzip'],
  ['DOSKARA_BUILD_MEMORY', 'buildMemory', '75%', memory, 'a size such as 4G, or a percentage such as 75%'],
  ['DOSKARA_BUILD_PROCESSES', 'buildProcesses', '4096', countTo(1_000_000), 'a number from 1 on'],
  ['DOSKARA_BUILD_CPU_WEIGHT', 'buildCpuWeight', '50', countTo(10_000), 'a number from 1 to 10000'],
  ['DOSKARA_CACHE_LIMIT', 'cacheLimit', '10G', parseBytes, 'a size such as 10G'],
  ['DOSKARA_SPOOL', 'spool', DEFAULT_SPOOL, text(PATH), 'an absolute path'],
] as const;

export function limitsOf({ buildMemory, buildProcesses, buildCpuWeight }: FactorySettings): BuildLimits {
  return { memory: buildMemory, processes: buildProcesses, cpuWeight: buildCpuWeight };
}

/** Reads `/etc/doskara/factory.env` and the environment over it. Throws one Trouble that names all problems. */
export async function readFactorySettings(env: NodeJS.ProcessEnv, file = SETTINGS_FILE): Promise<FactorySettings> {
  const fromFile = parseEnv(await readFile(file, 'utf8').catch(absent));
  return parseFactorySettings(fromFile, env, file);
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw new Trouble('settings-unreadable', EXIT.usage, `cannot read ${error.path}: ${error.code}`, { cause: error });
}

export function parseFactorySettings(
  fromFile: NodeJS.Dict<string>,
  env: NodeJS.Dict<string>,
  file = SETTINGS_FILE,
): FactorySettings {
  const known: readonly string[] = TABLE.map(([key]) => key);
  const problems = Object.keys(fromFile)
    .filter((key) => key.startsWith('DOSKARA_') && !known.includes(key))
    .map((key) => `${key} is not a setting`);
  const settings: Record<string, unknown> = {};
  for (const [key, property, fallback, read, wanted] of TABLE) {
    const value = env[key] ?? fromFile[key] ?? fallback;
    settings[property] = read(value);
    if (settings[property] === undefined) problems.push(`${key}=${JSON.stringify(value)} should be ${wanted}`);
  }
  if (problems.length > 0)
    throw new Trouble('bad-settings', EXIT.usage, problems.join('; '), { hint: `mend it in ${file}` });
  return Object.freeze(settings as unknown as FactorySettings);
}
