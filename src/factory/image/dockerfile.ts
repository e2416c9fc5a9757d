import { DEPS, type Script } from '../../app-layout.ts';
import * as messages from '../messages/build.ts';
import { EPOCH } from './epoch.ts';
import { FIND_SHELL, runThenCheck } from './run-check.ts';

/** The only input of the Dockerfile. */
export interface Recipe {
  baseImage: string;
  app: string;
  /** Full commit id; undefined for a tarball without one. */
  commit: string | undefined;
  /** In seconds since 1970. */
  commitTime: number;
  /** Whether the scripts are told which time to write instead of the current one. */
  reproducible: boolean;
  /** Whether it is built for platforms that were named, each with caches of its own. */
  namesPlatforms: boolean;
  /** Scripts with a shebang and the executable bit; a shell runs the others. */
  selfRunning: { has(script: Script): boolean };
  /** Whether the app's packages are installed by pnpm. */
  usesPnpm: boolean;
  /** The tar in the build context with what deps.sh sees; undefined without deps.sh. */
  deps: string | undefined;
  /** Tars in the build context, in the order of their layers. */
  tars: string[];
  /** Whether there are cache mounts: the classic builder has none. */
  buildKit: boolean;
  /** Empties the app's caches first. */
  noCache: boolean;
  /** Identifies the app's caches; undefined: its name does. */
  cacheId: string | undefined;
  /** Bytes; larger caches are emptied first. */
  cacheLimit: number;
  /** Names of the secrets that deps.sh and build.sh find in /run/secrets; only with BuildKit. */
  secrets: readonly string[];
  /** Whether they may use ssh, through an agent; only with BuildKit. */
  ssh: boolean;
}

/**
 * A file in the build context, mounted over the docker-clean of Debian's images, which would remove downloaded packages
 * after their installation. It also has dpkg skip fsync, as Debian's images do:
 * nothing of a crashed build is kept.
 */
export const KEEP_PACKAGES = {
  name: 'keep-packages',
  content: 'Binary::apt::APT::Keep-Downloaded-Packages "true";\nDPkg::Options { "--force-unsafe-io"; };\n',
};

/**
 * Label of the classic builder's containers: the app, to find those that an engine left behind when it stopped. Empty in
 * the finished image, so that its containers do not match.
 */
export const BUILD_LABEL = 'doskara.build';

const CACHE_DIR = '/var/cache/doskara';

/** Where Docker Compose and Swarm have them, too. */
const SECRETS = '/run/secrets';

const APT_ARCHIVES = '/var/cache/apt';
const APT_LISTS = '/var/lib/apt/lists';
const MOUNTED = [CACHE_DIR, APT_ARCHIVES, APT_LISTS].join(' ');

/** rm removes all that is in them, however much that is, and fails only at the mount points themselves. */
const EMPTY = `rm -rf ${MOUNTED} 2>/dev/null`;

/** The command that runs build.sh begins with this, by which we find its build cache. */
export const MEASURE = `du -sk ${CACHE_DIR}`;

/**
 * Checks the size of the app's caches before build.sh. A step of its own would take as long as a small build. If the
 * image has no du, there is no limit.
 */
const limitCache = (limit: number) =>
  `${MEASURE} ${APT_ARCHIVES} ${APT_LISTS} 2>/dev/null | { t=0; while read -r k d; do t=$((t + k)); done; [ $t -le ${Math.floor(limit / 1024)} ]; } || { ${EMPTY}; echo '${messages.cacheEmptied(limit)}'; }; `;

/** The variables by which package managers find their caches, and the folders in CACHE_DIR. */
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

/** For pnpm up to version 10. Only set for apps with pnpm, as npm 11 and later warn about it on each call. */
const PNPM_CACHES: Record<string, string> = { npm_config_store_dir: 'pnpm' };

/** Settings that some caches need to be useful, or to keep installed programs out of them. */
const CACHE_SETTINGS: Record<string, string> = {
  BUNDLE_GLOBAL_GEM_CACHE: 'true',
  CARGO_INSTALL_ROOT: '/usr/local',
  MAVEN_ARGS: `-Dmaven.repo.local=${CACHE_DIR}/maven`,
  UV_LINK_MODE: 'copy',
};

/**
 * The Dockerfile of an app. No value in it can contain a space, quote or newline: each has passed a strict pattern.
 * (Only the names of secrets are a list with spaces.)
 *
 * - ADD unpacks local tars: https://docs.docker.com/reference/dockerfile/#adding-local-tar-archives
 * - ARG instead of ENV: the variables are set during the build only, not in the image.
 * - ENTRYPOINT [] overrides the base image's, so that run.sh is process 1 and gets signals.
 * - deps.sh comes before all that differs from commit to commit, so that its result is used again. So SOURCE_DATE_EPOCH
 *   (https://reproducible-builds.org/docs/source-date-epoch/) is the same for all commits there.
 */
export function dockerfile(recipe: Recipe): string {
  const { baseImage, app, commit, selfRunning, deps, tars } = recipe;
  const add = tars.map((tar) => `ADD ${tar} /app/`);
  const name = `ARG DOSKARA_APP=${app}`;
  const revision = `ARG DOSKARA_COMMIT=${commit ?? ''}`;
  const { prepare, run } = recipe.buildKit ? withCaches(recipe) : withoutCaches(recipe);
  const at = (time: number) => (recipe.reproducible ? `export SOURCE_DATE_EPOCH=${time}; ` : '');
  const build = run(at(recipe.commitTime) + runThenCheck(selfRunning.has('run.sh')), 'build', 'build.sh');
  return [
    `FROM ${baseImage}`,
    'WORKDIR /app',
    ...(deps === undefined
      ? [...add, name, revision, ...prepare, build]
      : [`ADD ${deps} /app/`, name, ...prepare, run(`${at(EPOCH)}exec "$@"`, 'deps', DEPS), ...add, revision, build]),
    ...(recipe.buildKit ? [] : [`LABEL ${BUILD_LABEL}=""`]),
    'ENTRYPOINT []',
    `CMD ${selfRunning.has('run.sh') ? '["./run.sh"]' : shell(`exec ${FIND_SHELL} ./run.sh`)}`,
    '',
  ].join('\n');
}

/** What a RUN needs, and the RUN itself. */
interface Steps {
  /** Stands before the first RUN. */
  prepare: string[];
  /** `code`: shell code that is given the command as `"$@"`; `name`: its `$0`. */
  run(code: string, name: 'build' | 'deps', script: Script): string;
}

/** Whose caches they are; no name of an app has two hyphens. */
export const cacheOwner = (app: string, cacheId: string | undefined): string =>
  cacheId === undefined ? `doskara-${app}` : `doskara--${cacheId}`;

const shell = (script: string, ...args: string[]) => JSON.stringify(['/bin/sh', '-c', script, ...args]);

/** Shell code that gives a script the shell that runs it, if it doesn't run itself. */
const chooseShell = ({ selfRunning }: Recipe, script: Script) =>
  selfRunning.has(script) ? '' : `set -- ${FIND_SHELL} -e "$@"; `;

function withoutCaches(recipe: Recipe): Steps {
  return {
    prepare: ['ARG CACHE_DIR=/tmp', `LABEL ${BUILD_LABEL}=${recipe.app}`],
    run: (code, name, script) => `RUN ${shell(chooseShell(recipe, script) + code, name, `./${script}`)}`,
  };
}

/**
 * Cache mounts persist between builds and are not part of the image:
 * https://docs.docker.com/reference/dockerfile/#run---mounttypecache. apt's caches are locked, as two builds cannot use
 * them at the same time.
 */
function withCaches(recipe: Recipe): Steps {
  const { app, noCache, usesPnpm, cacheId, cacheLimit, secrets, namesPlatforms } = recipe;
  const owner = `${cacheOwner(app, cacheId)}${namesPlatforms ? '--$TARGETARCH$TARGETVARIANT' : ''}`;
  const cache = (id: string, target: string, more: string) => `--mount=type=cache,id=${id},target=${target},${more}`;
  const mounts = [
    cache(owner, CACHE_DIR, 'mode=0777'),
    cache(`${owner}--apt-archives`, APT_ARCHIVES, 'sharing=locked'),
    cache(`${owner}--apt-lists`, APT_LISTS, 'sharing=locked'),
  ].join(' ');
  // any user of the base image may read them: nobody but this step's programs can
  const given = [
    ...secrets.map((name) => ` --mount=type=secret,id=${name},target=${SECRETS}/${name},mode=0444,required=true`),
    ...(recipe.ssh ? [' --mount=type=ssh,mode=0666,required=true'] : []),
  ].join('');
  const keep = `--mount=type=bind,source=${KEEP_PACKAGES.name},target=/etc/apt/apt.conf.d/docker-clean`;
  return {
    prepare: [
      ...(namesPlatforms ? ['ARG TARGETARCH', 'ARG TARGETVARIANT'] : []),
      ...(noCache ? [`RUN ${mounts} ${shell(`${EMPTY} || :`)}`] : []),
      `ARG CACHE_DIR=${CACHE_DIR}`,
      ...Object.entries(usesPnpm ? { ...CACHES, ...PNPM_CACHES } : CACHES).map(
        ([variable, folder]) => `ARG ${variable}=${CACHE_DIR}/${folder}`,
      ),
      ...Object.entries(CACHE_SETTINGS).map(([variable, value]) => `ARG ${variable}=${value}`),
      ...(secrets.length === 0 ? [] : [`ARG DOSKARA_SECRETS="${secrets.join(' ')}"`]),
    ],
    run: (code, name, script) =>
      `RUN ${mounts} ${keep}${given} ${shell(limitCache(cacheLimit) + chooseShell(recipe, script) + code, name, `./${script}`)}`,
  };
}
