import { parseBytes } from '../units.ts';
import type { BuildLimits } from './limits.ts';
import * as values from './setting-values.ts';

export interface FactorySettings {
  readonly registry: string;
  readonly baseImage: string;
  /** Patterns of further ones, which apps may choose. */
  readonly baseImages: readonly string[];
  /** Bytes. */
  readonly maxUnpacked: number;
  readonly maxEntries: number;
  /** Bytes that a build must leave free. */
  readonly minFree: number;
  /** Images kept per app, besides latest. */
  readonly keepImages: number;
  /** Images kept per app in the warehouse; 0: all. */
  readonly keepTags: number;
  /** The docker CLI: a name in PATH or a path. */
  readonly docker: string;
  /** Builders of `docker buildx`; none: the engine's own. */
  readonly builders: readonly string[];
  /** Builds at once, on each builder. */
  readonly maxBuilds: number;
  /** Of the layers that buildx pushes. */
  readonly compression: Compression;
  /** Whether a Dockerfile may choose its frontend by `# syntax=`. */
  readonly syntax: boolean;
  /** Bytes, of a build and of all builds together. */
  readonly buildMemory: number;
  readonly buildProcesses: number;
  readonly buildCpuWeight: number;
  /** Bytes that an app may leave in its caches. */
  readonly cacheLimit: number;
  /** The folder of spooled archives and locks. */
  readonly spool: string;
}

export type Compression = 'zstd' | 'gzip';

export interface Setting {
  key: string;
  /** Still read where the key is not set. */
  formerKey?: string;
  default: string;
  /** Parses a value; undefined if it is invalid. */
  read: (value: string) => unknown;
  /** Describes valid values. */
  wanted: string;
  means: string;
}

/** All settings of the factory; the table of the manual is made from this. */
export const FACTORY_SETTINGS = {
  registry: {
    key: 'DOSKARA_REGISTRY',
    default: 'warehouse:5000',
    read: values.text(values.REGISTRY),
    wanted: 'HOST[:PORT][/PATH]',
    means: 'the warehouse: the registry to push images to',
  },
  baseImage: {
    key: 'DOSKARA_BASE_IMAGE',
    default: 'debian:bookworm-slim',
    read: values.image,
    wanted: 'an image reference',
    means: 'the image that apps are built on',
  },
  baseImages: {
    key: 'DOSKARA_BASE_IMAGES',
    default: '',
    read: values.names(values.IMAGE_PATTERN),
    wanted: 'image references, in which * stands for any part of a name or tag',
    means:
      'other images that an app may choose with doskara.baseImage, separated by spaces; * stands for any part of a name or tag',
  },
  maxUnpacked: {
    key: 'DOSKARA_MAX_UNPACKED',
    default: '4G',
    read: parseBytes,
    wanted: 'a size such as 4G',
    means: 'the largest app, unpacked',
  },
  maxEntries: {
    key: 'DOSKARA_MAX_ENTRIES',
    default: '200000',
    read: values.count,
    wanted: 'a number',
    means: 'the most files and folders an app may have',
  },
  minFree: {
    key: 'DOSKARA_MIN_FREE',
    default: '2G',
    read: parseBytes,
    wanted: 'a size such as 2G',
    means: "disk space a build must leave free; apps' old images and caches are removed before a build is refused",
  },
  keepImages: {
    key: 'DOSKARA_KEEP_IMAGES',
    default: '5',
    read: values.count,
    wanted: 'a number',
    means: 'images to keep per app in the Docker Engine besides the latest, where it keeps any',
  },
  keepTags: {
    key: 'DOSKARA_KEEP_TAGS',
    default: '20',
    read: values.count,
    wanted: 'a number',
    means:
      'images to keep per app in the warehouse, of those tagged with a commit; older ones are removed daily. 0: keep all',
  },
  docker: {
    key: 'DOSKARA_DOCKER',
    default: 'docker',
    read: values.text(values.PROGRAM),
    wanted: 'a program',
    means: 'the docker CLI',
  },
  builders: {
    key: 'DOSKARA_BUILDERS',
    formerKey: 'DOSKARA_BUILDER',
    default: '',
    read: values.names(values.BUILDER),
    wanted: 'builders of docker buildx',
    means: "docker buildx builders, separated by spaces, to build on instead of the Docker Engine's own",
  },
  maxBuilds: {
    key: 'DOSKARA_MAX_BUILDS',
    default: 'cores',
    read: values.coresOrCount,
    wanted: 'a number from 1 to 999, or cores',
    means: 'builds at once, on each builder; others wait in order of arrival. cores: one for each core of this machine',
  },
  compression: {
    key: 'DOSKARA_COMPRESSION',
    default: 'zstd',
    read: values.compression,
    wanted: 'zstd or gzip',
    means: 'compression of the layers that buildx pushes; use gzip if Docker older than 23 runs the images',
  },
  syntax: {
    key: 'DOSKARA_SYNTAX',
    default: 'off',
    read: values.onOrOff,
    wanted: 'on or off',
    means: 'whether a Dockerfile may choose its frontend with # syntax=, an image that then runs in the builder',
  },
  buildMemory: {
    key: 'DOSKARA_BUILD_MEMORY',
    default: '75%',
    read: values.memory,
    wanted: 'a size such as 4G, or a percentage such as 75%',
    means: "memory for a build, and for all builds together: a size, or a share of the machine's memory",
  },
  buildProcesses: {
    key: 'DOSKARA_BUILD_PROCESSES',
    default: '4096',
    read: values.countTo(1_000_000),
    wanted: 'a number from 1 on',
    means: 'processes a build may have; all builds together may have four times as many',
  },
  buildCpuWeight: {
    key: 'DOSKARA_BUILD_CPU_WEIGHT',
    default: '50',
    read: values.countTo(10_000),
    wanted: 'a number from 1 to 10000',
    means: "builds' share of a busy CPU; everything else has 100",
  },
  cacheLimit: {
    key: 'DOSKARA_CACHE_LIMIT',
    default: '10G',
    read: parseBytes,
    wanted: 'a size such as 10G',
    means: "an app's caches (CACHE_DIR and those of apt) are emptied before the next build if they are larger",
  },
  spool: {
    key: 'DOSKARA_SPOOL',
    default: '/var/lib/doskara',
    read: values.text(values.PATH),
    wanted: 'an absolute path',
    means: 'where archives are stored during a build',
  },
} satisfies Record<keyof FactorySettings, Setting>;

export function limitsOf({ buildMemory, buildProcesses, buildCpuWeight }: FactorySettings): BuildLimits {
  return { memory: buildMemory, processes: buildProcesses, cpuWeight: buildCpuWeight };
}
