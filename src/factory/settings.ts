import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { parseBytes } from '../quantities.ts';

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
  ['DOSKARA_SPOOL', 'spool', DEFAULT_SPOOL, text(PATH), 'an absolute path'],
] as const;

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
