import { isBuildKit } from '../../image-options.ts';

/** What `docker buildx inspect` says of a builder, as a value. */
export interface BuilderState {
  /** `docker-container`, `remote`, `kubernetes`; empty if it is not known. */
  driver: string;
  /** Why it cannot build; undefined: all its nodes run. Buildx waits for a dead node even if another one lives. */
  trouble: string | undefined;
  /** Different versions of BuildKit. */
  versions: string[];
  /** Of all its nodes. */
  platforms: string[];
  /** What each node's garbage collection keeps to; undefined: no limit is known. */
  cache: CacheLimits;
}

/** What a builder tells of itself that an image may depend on. */
export interface BuilderTraits {
  /** BuildKit's version, as in `v0.25.1`; null if it is not known, or if the nodes have several. */
  buildkit: string | null;
  platforms: readonly string[];
}

/** A builder by its name; empty: the engine's own. */
export interface NamedTraits extends BuilderTraits {
  name: string;
}

export function traitsOf({ versions, platforms }: Pick<BuilderState, 'versions' | 'platforms'>): BuilderTraits {
  const [version, ...others] = versions;
  const name = version?.replace(/^BuildKit /, '');
  return { buildkit: others.length === 0 && isBuildKit(name) ? name : null, platforms };
}

/** In bytes. */
export interface CacheLimits {
  maxUsed: number | undefined;
  /** What it leaves free on the disk. */
  minFree: number | undefined;
}

/** `inspected` is what was printed. */
export function parseBuilder(inspected: string): BuilderState {
  const [head = '', ...nodes] = inspected.split(/^Name: +/m).slice(1);
  const trouble = [head, ...nodes].map(troubleOf).find((reason) => reason !== undefined);
  return {
    driver: /^Driver: +(\S+)$/m.exec(head)?.[1] ?? '',
    trouble: nodes.length === 0 ? (trouble ?? 'it has no node') : trouble,
    versions: buildKitVersions(inspected),
    platforms: [...new Set(nodes.flatMap(platformsOf))],
    cache: { maxUsed: readLimit('Max Used Space', inspected), minFree: readLimit('Min Free Space', inspected) },
  };
}

function troubleOf(part: string, index: number): string | undefined {
  const error = /^Error: +(.+)$/m.exec(part)?.[1];
  const status = /^Status: +(\S+)$/m.exec(part)?.[1] ?? 'unknown';
  return error ?? (index === 0 || status === 'running' ? undefined : `its node is ${status}`);
}

/**
 * Buildx before 0.13 writes `Buildkit:`; engines built by a distribution may report v0.0.0+unknown.
 */
export function buildKitVersions(inspected: string): string[] {
  const found = [...inspected.matchAll(/^ *Build[Kk]it(?: version)?: +(\S+)$/gm)].map(([, version = '']) => version);
  return [...new Set(found)].filter((version) => !version.includes('unknown')).map((version) => `BuildKit ${version}`);
}

/** `*` marks those that somebody chose. */
function platformsOf(node: string): string[] {
  const list = /^Platforms: +(.+)$/m.exec(node)?.[1] ?? '';
  const platforms = list.split(',').map((platform) => platform.trim().replace(/\*$/, ''));
  return platforms.filter((platform) => /^\w+\/\w+(?:\/v\d)?$/.test(platform));
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Of the last rule, which is for all that the cache has: `188.1GiB`. */
function readLimit(name: string, inspected: string): number | undefined {
  const last = inspected.slice(inspected.lastIndexOf('GC Policy rule#'));
  const [, value, unit = ''] = new RegExp(`^ *${name}: +([\\d.]+)(\\w+)$`, 'm').exec(last) ?? [];
  const power = UNITS.indexOf(unit);
  return value === undefined || power < 0 ? undefined : Math.round(Number(value) * 1024 ** power);
}

/** What a step of a build sees of its machine; undefined where it does not tell. */
export interface BuilderMachine {
  /** Bytes. */
  free: number | undefined;
  load: string | undefined;
}

/** `#6 0.312 overlay 1048576 1024 1047552 1% /` and `#6 0.313 0.10 0.20 0.30 1/234 567`, of a step's output. */
export function parseMachine(output: string): BuilderMachine {
  const kilobytes = /^#\d+ [\d.]+ \S+ +\d+ +\d+ +(\d+) +\d+% \//m.exec(output)?.[1];
  const load = /^#\d+ [\d.]+ ([\d.]+) [\d.]+ [\d.]+ \d+\/\d+ \d+$/m.exec(output)?.[1];
  return { free: kilobytes === undefined ? undefined : 1024 * Number(kilobytes), load };
}
