/** All words of the factory for people; each trouble with the command to type next. */
import { command, type Hint, Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { escaped } from '../printable.ts';
import { formatBytes } from '../units.ts';
import { type EntryKind, nameAsText } from './archive/entry.ts';
import type { BuildLimits } from './limits.ts';

const LIMIT_COMMAND = '/usr/local/doskara/build.sh --limit-builds';

const shown = (name: string) => {
  const text = escaped(nameAsText(name));
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text).replaceAll('\\\\u', '\\u');
};

const refused = (code: string, message: string, hint: Hint) => new Trouble(code, EXIT.refused, message, { hint });

const SEND_AGAIN = ['send it again; from port: ', command('replay', '<app>')];
const MAKE_ANEW = 'make it with git archive, or tar czf';
const LEAVE_OUT = 'leave it out, or put a regular file in its place';
const RENAME = 'rename it';

export const nothingReceived = () =>
  refused('archive-empty', 'no archive received', 'send one on standard input: git archive HEAD | …');
export const notArchive = () => refused('not-tar', 'this is not a tar or tar.gz archive', MAKE_ANEW);
export const notTar = () => refused('not-tar', 'the archive is damaged: not a tar header', SEND_AGAIN);
export const archiveTruncated = () => refused('archive-truncated', 'the archive is truncated', SEND_AGAIN);
export const archiveDamaged = (detail: string) =>
  refused('archive-damaged', `the archive is damaged: ${detail}`, SEND_AGAIN);
export const trailingData = () =>
  refused('trailing-data', 'something follows the end of the archive', 'send one archive, and nothing after it');
export const emptyArchive = () => refused('archive-without-entries', 'the archive is empty', MAKE_ANEW);
export const headerTooLong = (size: number | undefined) =>
  refused(
    'header-too-long',
    `the archive has a header of ${size === undefined ? 'unreadable size' : formatBytes(size)}`,
    MAKE_ANEW,
  );
export const badPax = () => refused('bad-pax', 'the archive has a damaged pax header', MAKE_ANEW);
export const strayHeader = () =>
  refused(
    'stray-header',
    'the archive has two headers that say the same of one entry, or one that no entry follows',
    MAKE_ANEW,
  );
export const forbiddenGlobal = (key: string) =>
  refused('forbidden-pax', `the archive sets ${shown(key)} for all its entries, which is not accepted`, MAKE_ANEW);
export const sparse = (name: string) => forbiddenKind(name, 'S');
export const badSize = (name: string) => refused('bad-size', `${shown(name)} has an unreadable size`, MAKE_ANEW);
export const twoSizes = (name: string) => refused('two-sizes', `${shown(name)} has two sizes, which differ`, MAKE_ANEW);
export const bodyOfNoFile = (name: string, kind: EntryKind) =>
  refused('link-with-body', `${shown(name)} is a ${kind} that carries data`, MAKE_ANEW);
export const forbiddenKind = (name: string, type: string) =>
  refused(
    'forbidden-kind',
    `${shown(name)} is ${KINDS[type] ?? 'of an unknown kind'}, which an app can't have`,
    LEAVE_OUT,
  );
export const twice = (name: string) => refused('entry-twice', `${shown(name)} stands in the archive twice`, MAKE_ANEW);
export const throughNonFolder = (name: string, folder: string, kind: EntryKind) =>
  refused('through-link', `${shown(name)} leads through ${shown(folder)}, which is a ${kind}`, LEAVE_OUT);
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
  refused('bad-target', `${shown(name)} is a symbolic link to a name that can't be`, LEAVE_OUT);
export const badHardLink = (name: string, target: string) =>
  refused(
    'bad-target',
    `${shown(name)} is a hard link to ${shown(target)}, which is no file before it in the archive`,
    LEAVE_OUT,
  );
export const absoluteName = (name: string) =>
  refused('absolute-name', `${shown(name)} is an absolute name`, 'make the archive with: tar czf - -C FOLDER .');
export const climbingName = (name: string) =>
  refused('climbing-name', `${shown(name)} leads out of the archive`, 'make the archive with: tar czf - -C FOLDER .');
export const badName = (name: string) =>
  refused('bad-name', `${shown(name)} is not a name that can be unpacked`, RENAME);
export const whiteout = (name: string) =>
  refused('whiteout', `${shown(name)} begins with .wh., which image layers keep for themselves`, RENAME);
export const scriptNotRegular = (script: string) =>
  refused(
    'script-not-regular',
    `${script} is not a regular file, nor a link to one of the archive`,
    `make ${script} a file in the root of the archive`,
  );

export const scriptsMissing = (missing: readonly string[], folder: string | undefined) =>
  refused(
    'scripts-missing',
    `no ${missing.join(' and no ')} in the root of the archive`,
    folder === undefined
      ? 'every app has build.sh (builds it) and run.sh (runs it) in its root'
      : `they lie in ${shown(folder)}: make the archive inside that folder`,
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
  new Trouble('archive-broken-off', EXIT.refused, `the archive broke off: ${cause.code ?? cause.message}`, {
    cause,
    hint: SEND_AGAIN,
  });

/** Not the archive's fault, so port sends it again by itself. */
export const senderSilent = (seconds: number) =>
  new Trouble('sender-silent', EXIT.factory, `the archive stopped coming: nothing for ${seconds} s`, {
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
  return new Trouble('spool-unusable', EXIT.factory, `the archive can't be written to the spool: ${cause.code}`, {
    cause,
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });
}

export const diskFull = () =>
  new Trouble('disk-full', EXIT.factory, "the factory's disk is full", { hint: 'on the factory: docker system prune' });

export const waiting = (app: string) => `another build of ${app} is running here; waiting for it`;

export const received = (app: string, entries: number, bytes: number, commit: string | undefined) =>
  `Received ${app}: ${entries} entries, ${formatBytes(bytes)}${commit === undefined ? '' : `, commit ${commit.slice(0, 12)}`}`;

export const building = (baseImage: string, builder: string) => `Building on ${baseImage} with ${builder}`;
export const outputClipped = () =>
  "Docker left out a part of this build's output, which came faster than its limit (BUILDKIT_STEP_LOG_MAX_SPEED) or was longer (BUILDKIT_STEP_LOG_MAX_SIZE); an admin can lift both for a Docker Engine from 23 on";
export const zstdRefused = (registry: string) =>
  `the warehouse ${registry} does not take layers compressed with zstd; pushing them with gzip (DOSKARA_COMPRESSION=gzip on the factory avoids the detour)`;

export const imageSize = (bytes: number) => `Image size: ${formatBytes(bytes)}`;
/** The last line of a good build, by hand. */
export const pushed = (image: string, digest: string) => `Pushed ${image}@${digest}`;
export const pushing = (image: string) => `Pushing to ${image}`;

export const cached = () => "nothing has changed since an earlier build: taken from docker's cache";
export const noCacheDir = () =>
  'CACHE_DIR is empty at every build: this docker has no BuildKit (docker-buildx would bring it)';

export const buildFailed = (app: string, status: number | undefined) =>
  new Trouble(
    'build-failed',
    EXIT.failed,
    `build.sh of ${app} failed${status === undefined ? '' : ` with status ${status}`}`,
    {
      hint: 'its last lines stand above; mend it, commit and push again',
    },
  );

const MORE_MEMORY =
  'use less, for example with fewer jobs at a time; an admin can raise DOSKARA_BUILD_MEMORY on the factory';
export const outOfMemory = (app: string, memory: number) =>
  new Trouble('out-of-memory', EXIT.failed, `build.sh of ${app} ran out of memory: builds get ${formatBytes(memory)}`, {
    hint: MORE_MEMORY,
  });
export const buildKilled = (app: string) =>
  new Trouble('build-killed', EXIT.failed, `build.sh of ${app} was killed (status 137), probably for want of memory`, {
    hint: MORE_MEMORY,
  });
export const cacheEmptied = (limit: number) =>
  `CACHE_DIR held more than ${formatBytes(limit)} (DOSKARA_CACHE_LIMIT on the factory) and was emptied`;

export const dockerFailed = (what: string, lastLine: string) =>
  new Trouble('docker-failed', EXIT.factory, `docker could not ${what}: ${lastLine}`, {
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });

export const engineStopped = () =>
  new Trouble('engine-stopped', EXIT.factory, 'the Docker Engine stopped during the build', {
    hint: 'on the factory: service docker status',
  });

/** In the place of the last line that docker could not say. */
export const dockerKilled = (signal: string) => `it was ended by ${signal}`;

export const dockerMissing = (docker: string) =>
  new Trouble('docker-missing', EXIT.factory, `the docker CLI ${docker} can't be run`, {
    hint: 'on the factory: apt-get install docker.io, or set DOSKARA_DOCKER',
  });

export const warehouseRefused = (image: string, registry: string, lastLine: string) =>
  new Trouble('push-failed', EXIT.warehouse, `${image} was built, but the warehouse did not take it: ${lastLine}`, {
    hint: warehouseHint(registry, lastLine, `docker push ${image}`),
  });

/** `tryIt`: what shows whether the registry answers. */
export function warehouseHint(registry: string, reason: string, tryIt: string): string {
  if (TOO_MANY.test(reason)) return TOO_MANY_REQUESTS;
  if (/denied|unauthorized|authentication|forbidden|no basic auth|\b40[13]\b/i.test(reason))
    return `on the factory, as the docker user: docker login ${registry}`;
  if (/HTTP response to HTTPS client/i.test(reason))
    return `it has no TLS; on the factory, in /etc/docker/daemon.json: {"insecure-registries": ["${registry}"]}, then: service docker restart`;
  if (/x509|certificate/i.test(reason))
    return `on the factory, give Docker the registry's CA certificate: /etc/docker/certs.d/${registry.replace(/\/.*$/, '')}/ca.crt`;
  return `is the registry running? on the factory: ${tryIt}`;
}

const TOO_MANY = /toomanyrequests|too many requests|\b429\b/i;
const TOO_MANY_REQUESTS =
  'on the factory: docker login, or a mirror in /etc/docker/daemon.json: {"registry-mirrors": ["https://MIRROR"]}, then: service docker restart';

export const retagging = (name: string, digest: string) => `Making ${digest.slice(0, 19)} the latest of ${name}`;
export const imageGone = (image: string) =>
  new Trouble('image-gone', EXIT.warehouse, `the warehouse does not have ${image}`, {
    hint: ['from port, to build its commit again: ', command('replay', '<app>', '<commit>')],
  });

export const spoolUnusable = (path: string, cause: NodeJS.ErrnoException) =>
  new Trouble('spool-unusable', EXIT.factory, `can't write to ${path}: ${cause.code}`, {
    cause,
    hint: `on the factory: install -d -o docker -g docker -m 700 ${path}`,
  });

// What --limit-builds says

export const limitsNeedRoot = () =>
  new Trouble('not-root', EXIT.usage, 'only root can limit builds', { hint: `sudo ${LIMIT_COMMAND}` });
export const noCgroups = (reason: string) =>
  new Trouble('no-cgroups', EXIT.factory, `builds can't be limited on this machine: ${reason}`, {
    hint: 'they are built all the same; a machine with cgroup v2 limits them',
  });

// What --check finds

export const clock = (time: string) => `the clock says ${time} (UTC)`;
export const classicBuilder = (cli: string) => `${cli} has the classic builder alone: no CACHE_DIR between builds`;
export const GET_BUILDX = 'on the factory: apt-get install docker-buildx';
export const lookForBuilder = (builder: string) =>
  `on the factory, as the docker user: docker buildx ls; docker buildx create --name ${builder}`;

export const engineSilent = (reason: string) =>
  new Trouble('engine-silent', EXIT.factory, `the Docker Engine does not answer: ${reason}`, {
    hint: engineHint(reason),
  });

function engineHint(reason: string): string {
  if (/permission denied/i.test(reason)) return 'on the factory, where the user is not docker: usermod -aG docker USER';
  if (/client version \S+ is too old|Minimum supported API version/i.test(reason))
    return "on the factory: install a docker CLI of the engine's own version, or set DOSKARA_DOCKER to one";
  return 'on the factory: service docker start';
}

export const pullBase = (image: string, reason: string) =>
  TOO_MANY.test(reason)
    ? TOO_MANY_REQUESTS
    : `on the factory: docker pull ${image}; another one is set by DOSKARA_BASE_IMAGE in /etc/doskara/factory.env`;
export const baseImageMissing = (image: string, reason: string) =>
  `base image ${image} is not here, and can't be pulled: ${reason}`;
export const baseImageUnseen = (image: string, builder: string, reason: string) =>
  `base image ${image} cannot be pulled by builder ${builder}: ${reason}`;
export const pushBase = (image: string, reason: string) =>
  TOO_MANY.test(reason)
    ? TOO_MANY_REQUESTS
    : `a builder of its own sees only images in a registry: docker push ${image} to one, and set DOSKARA_BASE_IMAGE to it`;
export const builderUnusable = (builder: string, reason: string) =>
  `builder ${builder} (DOSKARA_BUILDER) is not available: ${reason}`;
export const buildLimits = ({ memory, processes, cpuWeight }: BuildLimits, together: boolean) =>
  `build limits: ${formatBytes(memory)} of memory, ${processes} processes, CPU weight ${cpuWeight}${together ? ', for all builds together' : ''}`;
export const notLimited = (why: string) => `no build limits: one build can take the whole machine (${why})`;
export const NO_CGROUP = 'no cgroup for builds';
export const LIMIT_BUILDS = `on the factory, as root: ${LIMIT_COMMAND}`;
export const IGNORES_CGROUP = 'this builder takes no cgroup';
export const NEWER_DOCKER = 'on the factory: a Docker Engine from 23 on, with docker-buildx';
export const outputLimited = () =>
  'output limit: Docker drops output of builds that are loud (over 200 KiB/s) or long (over 2 MiB)';
export const outputEndless = () =>
  'output limit: a build that prints more than 1 MiB at once never ends with this Docker, which is set to keep more';
export const outputOfOldDocker = (bytes: number) =>
  `output limit: this Docker keeps the first ${formatBytes(bytes)} of what a step prints, all that it can without hanging`;
export const LIFT_LIMIT = 'on the factory, to set it right: ./install.sh factory';
export const USE_GZIP = 'on the factory, in /etc/doskara/factory.env: DOSKARA_COMPRESSION=gzip';
export const MAKE_ROOM = 'on the factory: /usr/local/doskara/build.sh --prune';

export const pushingAgain = (reason: string, pause: number) =>
  `the warehouse did not take it (${reason}); trying again in ${pause / 1000} s`;

export const overtaken = (app: string) =>
  new Trouble('overtaken', EXIT.factory, `a newer build of ${app} came and went while this one waited`, {
    hint: 'nothing to do: the newer image stays',
  });

export const clientGone = (app: string) =>
  new Trouble('client-gone', EXIT.cancelled, `whoever sent ${app} has gone; its build was ended`);

export const cancelledBuilds = (app: string, count: number) =>
  count === 0 ? `no build of ${app} runs here` : `ended ${count === 1 ? 'the build' : `${count} builds`} of ${app}`;

export const pruning = () => 'The disk is nearly full: removing old images and build cache of apps';
export const pruned = (before: number, after: number) =>
  `removed old images and build cache of apps: ${formatBytes(Math.max(0, after - before))} freed, ${formatBytes(after)} free now`;

export const noRoom = (free: number, needed: number, minFree: number) =>
  new Trouble(
    'no-room',
    EXIT.factory,
    `the factory has ${formatBytes(free)} free; this build needs ${formatBytes(needed)} and must leave ${formatBytes(minFree)}`,
    { hint: 'on the factory: free space (docker system df), or lower DOSKARA_MIN_FREE' },
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

export const bug = () => 'this is a bug of the runner';

/** As the machine does it when it goes down. */
export const ended = (app: string, signal: string) =>
  new Trouble('ended', EXIT.factory, `the build of ${app} was ended on the factory (${signal})`, {
    hint: ['from port: ', command('replay', '<app>')],
  });

export const cancelled = (app: string) => new Trouble('cancelled', EXIT.cancelled, `the build of ${app} was cancelled`);
