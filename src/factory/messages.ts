/** Everything the factory says to people; each error with the command to type next. */
import { command, type Hint, Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { escaped } from '../printable.ts';
import { formatBytes } from '../units.ts';
import { type EntryKind, nameAsText } from './archive/entry.ts';
import type { Builder } from './docker/commands.ts';
import type { BuildLimits } from './limits.ts';

const LIMIT_COMMAND = '/usr/local/doskara/build.sh --limit-builds';

const shown = (name: string) => {
  const text = escaped(nameAsText(name));
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text).replaceAll('\\\\u', '\\u');
};

const refused = (code: string, message: string, hint: Hint) => new Trouble(code, EXIT.refused, message, { hint });

const SEND_AGAIN = ['send it again; on port: ', command('replay', '<app>')];
const MAKE_AGAIN = 'create it with git archive, or tar czf';
const LEAVE_OUT = 'remove it, or replace it with a regular file';
const RENAME = 'rename it';

export const nothingReceived = () =>
  refused('archive-empty', 'no archive received', 'send one on standard input: git archive HEAD | …');
export const notArchive = () => refused('not-tar', 'this is not a tar or tar.gz archive', MAKE_AGAIN);
export const notTar = () => refused('not-tar', 'the archive is damaged: not a tar header', SEND_AGAIN);
export const archiveTruncated = () => refused('archive-truncated', 'the archive is truncated', SEND_AGAIN);
export const archiveDamaged = (detail: string) =>
  refused('archive-damaged', `the archive is damaged: ${detail}`, SEND_AGAIN);
export const trailingData = () =>
  refused('trailing-data', 'unexpected data after the end of the archive', 'send a single archive and nothing else');
export const emptyArchive = () => refused('archive-without-entries', 'the archive is empty', MAKE_AGAIN);
export const headerTooLong = (size: number | undefined) =>
  refused(
    'header-too-long',
    size === undefined
      ? 'the archive has a header of unreadable size'
      : `the archive has a header of ${formatBytes(size)}, which is too long`,
    MAKE_AGAIN,
  );
export const badPax = () => refused('bad-pax', 'the archive has a damaged pax header', MAKE_AGAIN);
export const strayHeader = () =>
  refused(
    'stray-header',
    'the archive has two headers for the same field of an entry, or one that no entry follows',
    MAKE_AGAIN,
  );
export const forbiddenGlobal = (key: string) =>
  refused('forbidden-pax', `the archive sets ${shown(key)} for all entries, which is not allowed`, MAKE_AGAIN);
export const sparse = (name: string) => forbiddenKind(name, 'S');
export const badSize = (name: string) => refused('bad-size', `${shown(name)} has an invalid size`, MAKE_AGAIN);
export const twoSizes = (name: string) => refused('two-sizes', `${shown(name)} has two different sizes`, MAKE_AGAIN);
export const bodyOfNoFile = (name: string, kind: EntryKind) =>
  refused('link-with-body', `${shown(name)} is a ${kind} with contents`, MAKE_AGAIN);
export const forbiddenKind = (name: string, type: string) =>
  refused(
    'forbidden-kind',
    `${shown(name)} is ${KINDS[type] ?? 'of an unknown type'}, which is not allowed in an app`,
    LEAVE_OUT,
  );
export const twice = (name: string) => refused('entry-twice', `${shown(name)} is in the archive twice`, MAKE_AGAIN);
export const throughNonFolder = (name: string, folder: string, kind: EntryKind) =>
  refused('through-link', `${shown(name)} goes through ${shown(folder)}, which is a ${kind}`, LEAVE_OUT);
export const tooManyEntries = (limit: number) =>
  refused('too-many-entries', `the archive has more than ${limit} entries`, 'raise DOSKARA_MAX_ENTRIES on the factory');
export const tooLarge = (limit: number) =>
  refused(
    'too-large',
    `the archive unpacks to more than ${formatBytes(limit)}`,
    'raise DOSKARA_MAX_UNPACKED on the factory',
  );
export const tooMuchOverhead = (limit: number) =>
  refused(
    'too-much-overhead',
    `the archive has more than ${formatBytes(limit)} of names and headers`,
    'raise DOSKARA_MAX_ENTRIES on the factory',
  );
export const badTarget = (name: string) =>
  refused('bad-target', `${shown(name)} is a symbolic link with an invalid target`, LEAVE_OUT);
export const badHardLink = (name: string, target: string) =>
  refused(
    'bad-target',
    `${shown(name)} is a hard link to ${shown(target)}, which is not an earlier file of the archive`,
    LEAVE_OUT,
  );
export const absoluteName = (name: string) =>
  refused('absolute-name', `${shown(name)} is an absolute path`, 'create the archive with: tar czf - -C FOLDER .');
export const climbingName = (name: string) =>
  refused(
    'climbing-name',
    `${shown(name)} points outside the archive`,
    'create the archive with: tar czf - -C FOLDER .',
  );
export const badName = (name: string) => refused('bad-name', `${shown(name)} is not a valid file name`, RENAME);
export const whiteout = (name: string) =>
  refused('whiteout', `${shown(name)} starts with .wh., which is reserved in image layers`, RENAME);
export const scriptNotRegular = (script: string) =>
  refused(
    'script-not-regular',
    `${script} is neither a regular file nor a link to one in the archive`,
    `make ${script} a file in the root of the archive`,
  );

export const scriptsMissing = (missing: readonly string[], folder: string | undefined) =>
  refused(
    'scripts-missing',
    `no ${missing.join(' and no ')} in the root of the archive`,
    folder === undefined
      ? 'an app needs build.sh (builds it) and run.sh (runs it) in its root'
      : `they are in ${shown(folder)}: create the archive inside that folder`,
  );

const KINDS: Record<string, string> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  D: 'a GNU dumpdir',
  M: 'a part of a multi-volume archive',
  S: 'a GNU sparse file',
  s: 'a socket',
  V: 'a volume header',
};

export const brokenOff = (cause: NodeJS.ErrnoException) =>
  new Trouble('archive-broken-off', EXIT.refused, `the archive was cut off: ${cause.code ?? cause.message}`, {
    cause,
    hint: SEND_AGAIN,
  });

/** Not the archive's fault: port sends it again. */
export const senderSilent = (seconds: number) =>
  new Trouble('sender-silent', EXIT.factory, `the archive stopped arriving: no data for ${seconds} s`, {
    hint: SEND_AGAIN,
  });

/** What zlib says, in our words; undefined if the error is not zlib's. */
export function asGzipTrouble({ code, message }: NodeJS.ErrnoException): Trouble | undefined {
  if (!code?.startsWith('Z_')) return undefined;
  if (code === 'Z_BUF_ERROR') return archiveTruncated();
  // it did begin as gzip does: zlib looks for a further member
  return message === 'incorrect header check' ? trailingData() : archiveDamaged(message);
}

/** What the file system says of the spooled archive. */
export function asSpoolTrouble(cause: NodeJS.ErrnoException): Trouble {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT') return diskFull();
  return new Trouble('spool-unusable', EXIT.factory, `cannot write the archive to the spool: ${cause.code}`, {
    cause,
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });
}

export const diskFull = () =>
  new Trouble('disk-full', EXIT.factory, "the factory's disk is full", { hint: 'on the factory: docker system prune' });

export const waiting = (app: string) => `Waiting: another build of ${app} is running`;

/** Names the builder only if it is the one without BuildKit. */
export const building = (baseImage: string, builder: Builder, files: number, bytes: number) =>
  `Building on ${baseImage}${builder === 'classic' ? ' with the classic builder' : ''} (${files} files, ${formatBytes(bytes)})`;
export const outputClipped = () =>
  "Docker dropped part of this build's output: it exceeded BUILDKIT_STEP_LOG_MAX_SPEED or BUILDKIT_STEP_LOG_MAX_SIZE; an admin can lift both with Docker Engine 23 or later";
export const zstdRefused = (registry: string) =>
  `the warehouse ${registry} does not accept layers compressed with zstd; using gzip (set DOSKARA_COMPRESSION=gzip on the factory to avoid this)`;

export const imageSize = (bytes: number) => `Image size: ${formatBytes(bytes)}`;
export const pushed = (image: string, digest: string) => `Pushed ${image}@${digest}`;
export const pushing = (image: string) => `Pushing to ${image}`;

export const cached = () => "nothing changed: using Docker's build cache";
export const noCacheDir = () =>
  'CACHE_DIR is empty in every build: this Docker has no BuildKit (install docker-buildx)';

export const buildFailed = (exitCode: number) =>
  new Trouble('build-failed', EXIT.failed, `build.sh failed with exit code ${exitCode}`, {
    hint: 'see its output above; fix it, commit and push again',
  });

const MORE_MEMORY =
  'use less memory, for example with fewer parallel jobs; or an admin raises DOSKARA_BUILD_MEMORY on the factory';
export const outOfMemory = (memory: number) =>
  new Trouble('out-of-memory', EXIT.failed, `build.sh ran out of memory (limit: ${formatBytes(memory)})`, {
    hint: MORE_MEMORY,
  });
export const buildKilled = () =>
  new Trouble(
    'build-killed',
    EXIT.failed,
    'build.sh was killed (exit code 137), probably because it ran out of memory',
    {
      hint: MORE_MEMORY,
    },
  );
export const cacheEmptied = (limit: number) =>
  `CACHE_DIR was emptied: it exceeded ${formatBytes(limit)} (DOSKARA_CACHE_LIMIT on the factory)`;

export const dockerFailed = (what: string, lastLine: string) =>
  new Trouble('docker-failed', EXIT.factory, `docker ${what} failed: ${lastLine}`, {
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });

export const engineStopped = () =>
  new Trouble('engine-stopped', EXIT.factory, 'the Docker Engine stopped during the build', {
    hint: 'on the factory: service docker status',
  });

/** Takes the place of the last line that docker could not print. */
export const dockerKilled = (signal: string) => `killed by ${signal}`;

export const dockerMissing = (docker: string) =>
  new Trouble('docker-missing', EXIT.factory, `cannot run the docker CLI ${docker}`, {
    hint: 'on the factory: apt-get install docker.io, or set DOSKARA_DOCKER',
  });

export const warehouseRefused = (image: string, registry: string, lastLine: string) =>
  new Trouble('push-failed', EXIT.warehouse, `${image} was built, but the push to the warehouse failed: ${lastLine}`, {
    hint: warehouseHint(registry, lastLine, `docker push ${image}`),
  });

/** `tryIt`: the command that shows whether the registry answers. */
export function warehouseHint(registry: string, reason: string, tryIt: string): string {
  if (TOO_MANY.test(reason)) return TOO_MANY_REQUESTS;
  if (/denied|unauthorized|authentication|forbidden|no basic auth|\b40[13]\b/i.test(reason))
    return `on the factory, as the docker user: docker login ${registry}`;
  if (/HTTP response to HTTPS client/i.test(reason))
    return `the registry has no TLS; on the factory, in /etc/docker/daemon.json: {"insecure-registries": ["${registry}"]}, then: service docker restart`;
  if (/x509|certificate/i.test(reason))
    return `on the factory, give Docker the registry's CA certificate: /etc/docker/certs.d/${registry.replace(/\/.*$/, '')}/ca.crt`;
  return `is the registry running? on the factory: ${tryIt}`;
}

const TOO_MANY = /toomanyrequests|too many requests|\b429\b/i;
const TOO_MANY_REQUESTS =
  'on the factory: docker login, or set a mirror in /etc/docker/daemon.json: {"registry-mirrors": ["https://MIRROR"]}, then: service docker restart';

export const retagging = (name: string, digest: string) => `Tagging ${digest.slice(0, 19)} as ${name}:latest`;
export const imageGone = (image: string) =>
  new Trouble('image-gone', EXIT.warehouse, `${image} not found in the warehouse`, {
    hint: ['on port, to build its commit again: ', command('replay', '<app>', '<commit>')],
  });

export const spoolUnusable = (path: string, cause: NodeJS.ErrnoException) =>
  new Trouble('spool-unusable', EXIT.factory, `cannot write to ${path}: ${cause.code}`, {
    cause,
    hint: `on the factory: install -d -o docker -g docker -m 700 ${path}`,
  });

// What --limit-builds says

export const limitsNeedRoot = () =>
  new Trouble('not-root', EXIT.usage, 'only root can set build limits', { hint: `sudo ${LIMIT_COMMAND}` });
export const noCgroups = (reason: string) =>
  new Trouble('no-cgroups', EXIT.factory, `cannot limit builds on this machine: ${reason}`, {
    hint: 'builds still run, without limits; use a machine with cgroup v2 to limit them',
  });

// What --check finds

export const clock = (time: string) => `the clock reads ${time} (UTC)`;
export const classicBuilder = (cli: string) =>
  `${cli} has only the classic builder: CACHE_DIR is not kept between builds`;
export const GET_BUILDX = 'on the factory: apt-get install docker-buildx';
export const lookForBuilder = (builder: string) =>
  `on the factory, as the docker user: docker buildx ls; docker buildx create --name ${builder}`;

export const engineSilent = (reason: string) =>
  new Trouble('engine-silent', EXIT.factory, `the Docker Engine is not responding: ${reason}`, {
    hint: engineHint(reason),
  });

function engineHint(reason: string): string {
  if (/permission denied/i.test(reason)) return 'on the factory, if the user is not docker: usermod -aG docker USER';
  if (/client version \S+ is too old|Minimum supported API version/i.test(reason))
    return "on the factory: install a docker CLI of the engine's version, or set DOSKARA_DOCKER to one";
  return 'on the factory: service docker start';
}

export const pullBase = (image: string, reason: string) =>
  TOO_MANY.test(reason)
    ? TOO_MANY_REQUESTS
    : `on the factory: docker pull ${image}; or set DOSKARA_BASE_IMAGE in /etc/doskara/factory.env`;
export const baseImageMissing = (image: string, reason: string) => `cannot pull base image ${image}: ${reason}`;
export const baseImageUnseen = (image: string, builder: string, reason: string) =>
  `base image ${image} cannot be pulled by builder ${builder}: ${reason}`;
export const pushBase = (image: string, reason: string) =>
  TOO_MANY.test(reason)
    ? TOO_MANY_REQUESTS
    : `this builder sees only images in a registry: docker push ${image} to one, and set DOSKARA_BASE_IMAGE`;
export const builderUnusable = (builder: string, reason: string) =>
  `builder ${builder} (DOSKARA_BUILDER) is not available: ${reason}`;
export const buildLimits = ({ memory, processes, cpuWeight }: BuildLimits, together: boolean) =>
  `build limits: ${formatBytes(memory)} of memory, ${processes} processes, CPU weight ${cpuWeight}${together ? ', for all builds together' : ''}`;
export const notLimited = (why: string) => `no build limits: a build can use the whole machine (${why})`;
export const NO_CGROUP = 'builds have no cgroup';
export const LIMIT_BUILDS = `on the factory, as root: ${LIMIT_COMMAND}`;
export const IGNORES_CGROUP = 'this builder ignores cgroups';
export const NEWER_DOCKER = 'on the factory: install Docker Engine 23 or later, with docker-buildx';
export const outputLimited = () => 'output limit: Docker drops build output beyond 200 KiB/s or 2 MiB';
export const outputEndless = () =>
  'output limit: with this Docker and this setting, a build that prints more than 1 MiB at once never ends';
export const outputOfOldDocker = (bytes: number) =>
  `output limit: this Docker keeps the first ${formatBytes(bytes)} of a step's output, the most it can without hanging`;
export const LIFT_LIMIT = 'on the factory, to fix it: ./install.sh factory';
export const USE_GZIP = 'on the factory, in /etc/doskara/factory.env: DOSKARA_COMPRESSION=gzip';
export const MAKE_ROOM = 'on the factory: /usr/local/doskara/build.sh --prune';

export const retryingPush = (reason: string, pauseMs: number) =>
  `push failed (${reason}); retrying in ${pauseMs / 1000} s`;

export const overtaken = (app: string) =>
  new Trouble('overtaken', EXIT.factory, `a newer build of ${app} finished while this one waited`, {
    hint: 'nothing to do: the newer image is the latest',
  });

export const clientGone = (app: string) =>
  new Trouble('client-gone', EXIT.cancelled, `the build of ${app} was cancelled: its sender disconnected`);

export const cancelledBuilds = (app: string, count: number) =>
  count === 0
    ? `no build of ${app} is running`
    : `cancelled ${count === 1 ? 'the build' : `${count} builds`} of ${app}`;

export const pruning = () => 'Disk almost full: removing old images and build caches of apps';
export const pruned = (before: number, after: number) =>
  `removed old images and build caches of apps: freed ${formatBytes(Math.max(0, after - before))}, ${formatBytes(after)} free`;

export const noRoom = (free: number, needed: number, minFree: number) =>
  new Trouble(
    'no-room',
    EXIT.factory,
    `not enough disk space on the factory: ${formatBytes(free)} free; this build needs ${formatBytes(needed)} and must leave ${formatBytes(minFree)}`,
    { hint: 'on the factory: free some space (docker system df), or lower DOSKARA_MIN_FREE' },
  );

/** `from`: what sshd says of the client. */
export const refusedOverSsh = (
  asked: string,
  reason: string,
  from: { key: string | undefined; address: string | undefined; tcpPort: string | undefined },
) => {
  const command = JSON.stringify(asked.length > 200 ? `${asked.slice(0, 200)}…` : asked);
  const place = `${from.address || 'nowhere'} port ${from.tcpPort ?? '?'}`;
  return escaped(`refused ${command} of key ${from.key ?? '(not told)'} from ${place}: ${reason}`);
};

export const bug = () => 'this is a bug in the runner';

/** By a machine that shuts down, for example. */
export const ended = (app: string, signal: string) =>
  new Trouble('ended', EXIT.factory, `the build of ${app} was killed on the factory (${signal})`, {
    hint: ['on port: ', command('replay', '<app>')],
  });

export const cancelled = (app: string) => new Trouble('cancelled', EXIT.cancelled, `the build of ${app} was cancelled`);
