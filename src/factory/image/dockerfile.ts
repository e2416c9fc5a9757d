import * as messages from '../messages.ts';
import { runThenCheck } from './run-check.ts';

/** Everything an image is made of, as one value: the Dockerfile has no other source. */
export interface Recipe {
  baseImage: string;
  app: string;
  /** Full commit id; undefined for a tarball that doesn't say. */
  commit: string | undefined;
  /** Scripts with a shebang and the executable bit; /bin/sh runs the others. */
  selfRunning: { has(script: 'build.sh' | 'run.sh'): boolean };
  /** Whether the app's packages are installed by pnpm. */
  usesPnpm: boolean;
  /** Tars of the build context, in the order of their layers. */
  tars: string[];
  /** BuildKit has cache mounts; the classic builder has none. */
  buildKit: boolean;
  /** Empties the app's caches first. */
  noCache: boolean;
  /** Of the app's caches; undefined: they go by its name. */
  cacheId: string | undefined;
  /** Bytes; with more in it, CACHE_DIR is emptied first. */
  cacheLimit: number;
}

/**
 * A file in the build context that stands in for Debian's docker-clean, which removes packages after they are installed.
 * Debian's own images have dpkg do without fsync, too: nobody keeps the files of a build that a crash has ended.
 */
export const KEEP_PACKAGES = {
  name: 'keep-packages',
  content: 'Binary::apt::APT::Keep-Downloaded-Packages "true";\nDPkg::Options { "--force-unsafe-io"; };\n',
};

/**
 * Which app a container of the classic builder builds: one that an engine leaves behind when it stops is known by it.
 * The image itself has it empty, and so have the containers that people make of it.
 */
export const BUILD_LABEL = 'doskara.build';

const CACHE_DIR = '/var/cache/doskara';

/** Dot files, too; `.` and `..` are none. */
const empty = (...folders: string[]) => `for d in ${folders.join(' ')}; do rm -rf $d/* $d/.[!.]* $d/..?*; done`;

/** How what runs build.sh begins: the build cache is known by it. */
export const MEASURE = `du -sk ${CACHE_DIR}`;

/**
 * Looks at CACHE_DIR before build.sh. Not in a step of its own, which takes as long as a small build. An image without
 * du has no limit.
 */
const limitCache = (limit: number) =>
  `${MEASURE} 2>/dev/null | { read -r k d; [ "\${k:-0}" -le ${Math.floor(limit / 1024)} ]; } || { echo '${messages.cacheEmptied(limit)}'; ${empty(CACHE_DIR)}; }; `;

/** Where package managers look for their caches, each in its own words, as folders of CACHE_DIR. */
const CACHES: Record<string, string> = {
  BUNDLE_USER_CACHE: 'bundler',
  CARGO_HOME: 'cargo',
  CCACHE_DIR: 'ccache',
  COMPOSER_CACHE_DIR: 'composer',
  GOCACHE: 'go-build',
  GOMODCACHE: 'go-mod',
  GRADLE_USER_HOME: 'gradle',
  npm_config_cache: 'npm',
  pnpm_config_store_dir: 'pnpm',
  PIP_CACHE_DIR: 'pip',
  UV_CACHE_DIR: 'uv',
  YARN_CACHE_FOLDER: 'yarn',
  YARN_GLOBAL_FOLDER: 'yarn-global',
};

/** Of pnpm until its version 10; npm's own versions from 11 on warn of it at every call. */
const PNPM_CACHES: Record<string, string> = { npm_config_store_dir: 'pnpm' };

/** What goes with some of them: settings that make a cache of use, or keep what is installed out of it. */
const CACHE_SETTINGS: Record<string, string> = {
  BUNDLE_GLOBAL_GEM_CACHE: 'true',
  CARGO_INSTALL_ROOT: '/usr/local',
  MAVEN_ARGS: `-Dmaven.repo.local=${CACHE_DIR}/maven`,
  UV_LINK_MODE: 'copy',
};

/**
 * The Dockerfile of an app. Every value in it has passed a grammar that knows no space, quote or newline.
 *
 * - ADD unpacks a local tar by itself: https://docs.docker.com/reference/dockerfile/#adding-local-tar-archives
 * - ARG, not ENV: the variables are there during the build and not in the image.
 * - ENTRYPOINT [] drops the base image's, so that run.sh is process 1 and gets the signals.
 */
export function dockerfile(recipe: Recipe): string {
  const { baseImage, app, commit, selfRunning, tars, buildKit } = recipe;
  const build = selfRunning.has('build.sh') ? ['./build.sh'] : ['/bin/sh', '-e', './build.sh'];
  const run = selfRunning.has('run.sh') ? ['./run.sh'] : ['/bin/sh', './run.sh'];
  return [
    `FROM ${baseImage}`,
    'WORKDIR /app',
    ...tars.map((tar) => `ADD ${tar} /app/`),
    `ARG DOSKARA_APP=${app}`,
    `ARG DOSKARA_COMMIT=${commit ?? ''}`,
    ...(buildKit ? withCaches(recipe, build) : withoutCaches(recipe, build)),
    'ENTRYPOINT []',
    `CMD ${JSON.stringify(run)}`,
    '',
  ].join('\n');
}

const shell = (script: string, ...args: string[]) => JSON.stringify(['/bin/sh', '-c', script, ...args]);

function withoutCaches({ app, selfRunning }: Recipe, command: string[]): string[] {
  return [
    'ARG CACHE_DIR=/tmp',
    `LABEL ${BUILD_LABEL}=${app}`,
    `RUN ${shell(runThenCheck(selfRunning.has('run.sh')), 'build', ...command)}`,
    `LABEL ${BUILD_LABEL}=""`,
  ];
}

/**
 * Cache mounts outlive builds and are no part of the image: https://docs.docker.com/reference/dockerfile/#run---mounttypecache
 * apt can't share its own between two builds, and waits for them.
 */
function withCaches({ app, noCache, usesPnpm, cacheId, cacheLimit, selfRunning }: Recipe, command: string[]): string[] {
  const owner = cacheId === undefined ? `doskara-${app}` : `doskara--${cacheId}`; // no name of an app has two hyphens
  const cache = (id: string, target: string, more: string) => `--mount=type=cache,id=${id},target=${target},${more}`;
  const mounts = [
    cache(owner, CACHE_DIR, 'mode=0777'),
    cache(`${owner}--apt-archives`, '/var/cache/apt', 'sharing=locked'),
    cache(`${owner}--apt-lists`, '/var/lib/apt/lists', 'sharing=locked'),
  ];
  const keep = `--mount=type=bind,source=${KEEP_PACKAGES.name},target=/etc/apt/apt.conf.d/docker-clean`;
  const script = limitCache(cacheLimit) + runThenCheck(selfRunning.has('run.sh'));
  return [
    ...(noCache ? [`RUN ${mounts.join(' ')} ${shell(empty(CACHE_DIR, '/var/cache/apt', '/var/lib/apt/lists'))}`] : []),
    `ARG CACHE_DIR=${CACHE_DIR}`,
    ...Object.entries(usesPnpm ? { ...CACHES, ...PNPM_CACHES } : CACHES).map(
      ([variable, folder]) => `ARG ${variable}=${CACHE_DIR}/${folder}`,
    ),
    ...Object.entries(CACHE_SETTINGS).map(([variable, value]) => `ARG ${variable}=${value}`),
    `RUN ${mounts.join(' ')} ${keep} ${shell(script, 'build', ...command)}`,
  ];
}
