/** What `build.sh --check` finds. */
import { asFinding, error, type Finding, ok, warning } from '../../finding.ts';
import { formatBytes } from '../../units.ts';
import type { BuilderMachine, BuilderState } from '../docker/builder-state.ts';
import type { Builder } from '../docker/builders.ts';
import type { BuildLimits } from '../limits.ts';
import type { Compression } from '../settings.ts';
import { diskFull, spoolUnusable } from './disk.ts';
import { dockerMissing, engineSilent, TOO_MANY, TOO_MANY_REQUESTS, warehouseHint, zstdRefused } from './docker.ts';
import { LIMIT_COMMAND } from './limits.ts';

/** `time`: ISO 8601. */
export const clock = (time: string): Finding => ({ ...ok('clock', `the clock reads ${time} (UTC)`), time });

// Docker

const GET_BUILDX = 'on the factory: apt-get install docker-buildx';

export const noCli = (docker: string) => asFinding('docker-cli', dockerMissing(docker));
export function cli(version: string, docker: string, builder: Builder, buildxVersion: string): Finding {
  const name = `docker CLI ${version} (${docker})`;
  if (builder === 'classic')
    return warning(
      'docker-cli',
      'classic-builder',
      `${name} has only the classic builder: CACHE_DIR is not kept between builds`,
      GET_BUILDX,
    );
  const what = builder === 'buildx' ? `BuildKit with docker buildx ${buildxVersion}` : 'BuildKit, inside the CLI';
  return ok('docker-cli', `${name}: ${what.trim()}`);
}

export const engine = (description: string) => ok('docker-engine', `Docker Engine ${description}`);
export const noEngine = (reason: string) => asFinding('docker-engine', engineSilent(reason));

// Builders

/** `minFree`: the bytes that should be free on its disk. */
export function builder(name: string, state: BuilderState, machine: BuilderMachine, minFree: number): Finding {
  const { versions, cache } = state;
  const platforms = state.platforms.filter((platform) => !/amd64\/v\d$/.test(platform)); // of these there are many
  const { free, load } = machine;
  const about = [versions.join(', '), platforms.join(', ')].filter((text) => text !== '').join('; ');
  const figures = [
    ...(free === undefined ? [] : [`${formatBytes(free)} free`]),
    ...(load === undefined ? [] : [`load ${load}`]),
    ...(cache.maxUsed === undefined ? [] : [`keeps up to ${formatBytes(cache.maxUsed)} of cache`]),
    ...(cache.minFree === undefined ? [] : [`as long as ${formatBytes(cache.minFree)} stay free`]),
  ];
  const text = `builder ${name}${about === '' ? '' : ` (${about})`}${figures.length === 0 ? '' : `: ${figures.join(', ')}`}`;
  return free !== undefined && free < minFree
    ? warning(
        'builder',
        'builder-disk-low',
        text,
        `on the factory, as the docker user: docker buildx prune --builder ${name}`,
      )
    : ok('builder', text);
}

const unusable = (builders: string, reason: string) =>
  `builder ${builders} (DOSKARA_BUILDERS) is not available: ${reason}`;

export const buildxMissing = (names: readonly string[]) =>
  error('builder', 'buildx-missing', unusable(names.join(', '), 'docker buildx is not installed'), GET_BUILDX);
/** `another`: whether another builder can do its work. */
export const builderUnusable = (name: string, driver: string, reason: string, another: boolean) =>
  (another ? warning : error)(
    'builder',
    'builder-unusable',
    unusable(name, reason),
    `on the factory, as the docker user: ${findBuilder(name, driver)}`,
  );

/** `driver`: empty if buildx does not know the builder. */
function findBuilder(name: string, driver: string): string {
  if (driver === '') return `docker buildx ls; docker buildx create --name ${name}`;
  return driver === 'remote'
    ? `docker buildx inspect ${name} shows its address and the certificates for it; its buildkitd must run and trust them`
    : `docker buildx inspect --bootstrap ${name}`;
}

export const baseImage = (image: string) => ok('base-image', `base image ${image}`);
export const baseImagePulled = (image: string) => ok('base-image', `base image ${image} (just pulled)`);
export const baseImageMissing = (image: string, reason: string) =>
  error(
    'base-image',
    'base-image-missing',
    `cannot pull base image ${image}: ${reason}`,
    TOO_MANY.test(reason)
      ? TOO_MANY_REQUESTS
      : `on the factory: docker pull ${image}; or set DOSKARA_BASE_IMAGE in /etc/doskara/factory.env`,
  );
export const baseImageOfBuilder = (image: string, name: string) =>
  ok('base-image', `base image ${image}, pulled by builder ${name}`);
export const baseImageUnseen = (image: string, name: string, reason: string) =>
  error(
    'base-image',
    'base-image-unseen',
    `base image ${image} cannot be pulled by builder ${name}: ${reason}`,
    TOO_MANY.test(reason)
      ? TOO_MANY_REQUESTS
      : `this builder sees only images in a registry: docker push ${image} to one, and set DOSKARA_BASE_IMAGE`,
  );

export const syntax = () => ok('syntax', 'a Dockerfile may choose its frontend (DOSKARA_SYNTAX)');
/** `version`: of the BuildKit there. */
export const syntaxUnsafe = (version: string, safe: string) =>
  error(
    'syntax',
    'syntax-unsafe',
    `a Dockerfile may choose its frontend (DOSKARA_SYNTAX), which can break out of ${version}: CVE-2026-33747, CVE-2026-33748`,
    `on the factory: install a Docker with BuildKit ${safe} or later, or remove DOSKARA_SYNTAX in /etc/doskara/factory.env`,
  );

const limited = (code: string, text: string) =>
  warning('output-limit', code, `output limit: ${text}`, 'on the factory, to fix it: ./install.sh factory');

export const outputKept = (bytes: number) =>
  ok('output-limit', `output limit: Docker keeps the first ${formatBytes(bytes)} of a step's output`);
export const outputUnlimited = () =>
  limited('output-unlimited', 'none, so endless build output would fill the memory of dockerd');
export const outputLimited = () => limited('output-limited', 'Docker drops build output beyond 200 KiB/s or 2 MiB');
export const outputEndless = () =>
  limited(
    'output-endless',
    'with this Docker and this setting, a build that prints more than 1 MiB at once never ends',
  );
export const outputOfOldDocker = (bytes: number) =>
  ok(
    'output-limit',
    `output limit: this Docker keeps the first ${formatBytes(bytes)} of a step's output, the most it can without hanging`,
  );

// The machine

export const spool = (path: string) => ok('spool', `spool ${path} is writable`);
export const spoolLater = (path: string) => ok('spool', `spool ${path} does not exist yet: the first build creates it`);
export const noSpool = (path: string, cause: NodeJS.ErrnoException) =>
  asFinding('spool', cause.code === 'ENOSPC' ? diskFull() : spoolUnusable(path, cause));

/** Bytes. */
export function disk(free: number, minFree: number): Finding {
  const text = `disk: ${formatBytes(free)} free, a build must leave ${formatBytes(minFree)}`;
  return free >= minFree
    ? ok('disk', text)
    : warning('disk', 'disk-low', text, 'on the factory: /usr/local/doskara/build.sh --prune');
}

export const buildLimits = ({ memory, processes, cpuWeight }: BuildLimits, together: boolean) =>
  ok(
    'build-limits',
    `build limits: ${formatBytes(memory)} of memory, ${processes} processes, CPU weight ${cpuWeight}${together ? ', for all builds together' : ''}`,
  );

/** `builder`: empty for the engine, whose load is this machine's. */
export function places(
  builder: string,
  { taken, waiting }: { taken: number; waiting: number },
  maxBuilds: number,
  load: number,
): Finding {
  const where = builder === '' ? `, load ${load.toFixed(2)}` : ` on builder ${builder}`;
  return { ...ok('builds', `builds: ${taken} of ${maxBuilds} running, ${waiting} waiting${where}`), maxBuilds };
}

const notLimited = (reason: string) => `no build limits: a build can use the whole machine (${reason})`;

export const noBuildLimits = () =>
  warning(
    'build-limits',
    'no-limits',
    notLimited('builds have no cgroup'),
    `on the factory, as root: ${LIMIT_COMMAND}`,
  );
export const builderWithoutLimits = () =>
  warning(
    'build-limits',
    'builder-without-limits',
    notLimited('this builder ignores cgroups'),
    'with builders of your own, limit each: docker buildx create --driver-opt memory=4g; else install Docker Engine 23 or later, with docker-buildx',
  );

// The warehouse

const fromBuilder = (builder: string) => (builder === '' ? '' : ` from builder ${builder}`);

/** `compression`: of the layers; undefined where Docker decides. `builder`: empty for the engine's own. */
export const warehouse = (registry: string, compression: Compression | undefined, builder: string) =>
  ok(
    'warehouse',
    `warehouse ${registry} accepts images${fromBuilder(builder)}${compression === undefined ? '' : `, with layers compressed by ${compression}`}`,
  );
export const warehouseWithoutZstd = (registry: string) =>
  warning(
    'warehouse',
    'zstd-refused',
    zstdRefused(registry),
    'on the factory, in /etc/doskara/factory.env: DOSKARA_COMPRESSION=gzip',
  );
export const warehouseRefusal = (registry: string, image: string, reason: string, builder: string) =>
  error(
    'warehouse',
    'warehouse-refused',
    `cannot push to the warehouse ${registry}${fromBuilder(builder)}: ${reason}`,
    warehouseHint(registry, reason, `docker pull ${image}`),
  );
