/** What the factory says about Docker and the warehouse. */
import { command, forAdmin, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import { formatBytes } from '../../units.ts';
import { isGone, isReadOnly } from '../docker/parse.ts';
import { CHECK, fault } from './fault.ts';

export const outputClipped = () =>
  "Docker dropped part of this build's output: it exceeded BUILDKIT_STEP_LOG_MAX_SPEED or BUILDKIT_STEP_LOG_MAX_SIZE; an admin can raise both with Docker Engine 23 or later";

export const cacheDamaged = () => "Docker's build cache is damaged; building without it";

export const zstdRefused = (registry: string) =>
  `the warehouse ${registry} does not accept layers compressed with zstd; using gzip (set DOSKARA_COMPRESSION=gzip on the factory to avoid this)`;

export const depsCached = () => 'using the last result of deps.sh: nothing that it needs has changed';
export const cached = () => "nothing changed: using Docker's build cache";

/** Of several platforms, each time that another one prints. */
export const ofPlatform = (platform: string, isDeps: boolean) => `${isDeps ? 'deps.sh' : 'build.sh'} on ${platform}`;

/** Docker's name for a step of an app's own Dockerfile, such as `[build 3/7] RUN npm ci`. */
export const step = (name: string) => escaped(name.length > 100 ? `${name.slice(0, 100)}…` : name);

/** `what`: build.sh, or a step. */
export const buildFailed = (what: string, exitCode: number) =>
  new Trouble('build-failed', EXIT.failed, `${what} failed with exit code ${exitCode}`, {
    hint: 'see its output above; fix it, commit and push again',
  });

export const tooMuchOutput = (limit: number) =>
  new Trouble('too-much-output', EXIT.failed, `the build printed more than ${formatBytes(limit)}`, {
    hint: 'print less, commit and push again',
  });

const MORE_MEMORY =
  'use less memory, for example with fewer parallel jobs; or an admin raises DOSKARA_BUILD_MEMORY on the factory';

export const outOfMemory = (what: string, memory: number) =>
  new Trouble('out-of-memory', EXIT.failed, `${what} ran out of memory (limit: ${formatBytes(memory)})`, {
    hint: MORE_MEMORY,
  });

export const buildKilled = (what: string) =>
  new Trouble(
    'build-killed',
    EXIT.failed,
    `${what} was killed (exit code 137), probably because it ran out of memory`,
    {
      hint: MORE_MEMORY,
    },
  );

export const dockerfileFailed = (reason: string) =>
  new Trouble('dockerfile-failed', EXIT.failed, `docker build failed: ${reason}`, {
    hint: /target stage|build target/.test(reason)
      ? forAdmin(
          ['it is set by doskara.target; to change it, on port: ', command('config', '<app>', 'target')],
          'add the stage to the Dockerfile, or ask an admin to change doskara.target',
        )
      : /parse error|unknown (?:instruction|flag)/i.test(reason)
        ? 'fix it, commit and push again; if it is right for a newer Docker, ask an admin to update Docker on the factory, or to set DOSKARA_SYNTAX=on there'
        : 'fix the Dockerfile, commit and push again',
  });

/** `path`: what COPY or ADD asks for. */
export const notInContext = (path: string) =>
  new Trouble('dockerfile-failed', EXIT.failed, `docker build failed: ${path} is not in the build context`, {
    hint: /^\.git(?:\/|$)/.test(path)
      ? 'the build context is the commit without .git: remove that line, and take the commit id from ARG DOSKARA_COMMIT'
      : 'the build context is the commit, less what .dockerignore lists: commit it, or make it in a RUN; then push again',
  });

export const noSuchImage = (image: string, reason: string) =>
  new Trouble('no-such-image', EXIT.failed, `cannot pull ${image}: ${reason}`, {
    hint: forAdmin(
      'fix the image in the Dockerfile, commit and push again; if it is private, on the factory: docker login',
      'fix the image in the Dockerfile, commit and push again; if it is private, ask an admin to log in to its registry',
    ),
  });

export const noSuchBaseImage = (image: string, reason: string) =>
  new Trouble('no-such-image', EXIT.failed, `cannot pull base image ${image}: ${reason}`, {
    hint: forAdmin(
      [
        'it is set by doskara.baseImage; to change it, on port: ',
        command('config', '<app>', 'baseImage', 'IMAGE'),
        '; if it is private, on the factory: docker login',
      ],
      'ask an admin to change doskara.baseImage, or, if the image is private, to log in to its registry',
    ),
  });

export const imageUnreachable = (image: string, reason: string) =>
  fault(
    'image-unreachable',
    `the factory cannot pull ${image}: ${reason}`,
    TOO_MANY.test(reason) ? MORE_REQUESTS : `docker pull ${image}`,
  );

export const dockerFailed = (what: string, lastLine: string) =>
  fault('docker-failed', `docker ${what} failed: ${lastLine}`, CHECK);

/** `reason`: docker's own. */
export const noBaseImage = (image: string, reason: string) =>
  fault(
    'base-image-missing',
    `the factory cannot build: ${isGone(reason) ? `base image ${image} not found` : `cannot pull base image ${image}: ${reason}`}`,
    TOO_MANY.test(reason)
      ? MORE_REQUESTS
      : `docker pull ${image}; or set DOSKARA_BASE_IMAGE in /etc/doskara/factory.env, or on port the app's doskara.baseImage`,
  );

export const builderLost = (builder: string, reason: string) =>
  fault('builder-lost', `builder ${builder} was lost: ${reason}`, CHECK);
/** As a reason. */
export const stoppedAnswering = () => 'it stopped answering';

/** As reasons. `address`: of a remote builder. */
export const endpointUnusable = (address: string, reason: string) => `${address}: ${reason}`;
export const certificateRefused = (address: string, file: string, reason: string) =>
  `${address} does not accept the certificate ${file} (${reason})`;

export const noBuilder = () => fault('no-builder', 'the factory cannot build: no builder answers', CHECK);

export const passedOver = (silent: readonly string[], next: string) =>
  `${silent.length === 1 ? `builder ${silent[0]} does` : `builders ${silent.join(', ')} do`} not answer; building on ${next}`;
export const buildingAgain = ({ message }: Trouble, next: string) => `${message}; building again on ${next}`;

export const engineStopped = () =>
  fault('engine-stopped', 'the Docker Engine stopped during the build', 'service docker status');

/** Used in place of docker's last line of output. */
export const dockerKilled = (signal: string) => `killed by ${signal}`;
/** The same, of a program that did not start. */
export const notStarted = (program: string, reason: string) => `cannot run ${program}: ${reason}`;

export const dockerMissing = (docker: string) =>
  fault('docker-missing', `cannot run the docker CLI ${docker}`, 'apt-get install docker.io, or set DOSKARA_DOCKER');

export const warehouseRefused = (image: string, registry: string, lastLine: string) =>
  new Trouble('push-failed', EXIT.warehouse, `${image} was built, but the push to the warehouse failed: ${lastLine}`, {
    hint: forAdmin(warehouseHint(registry, lastLine, `docker push ${image}`)),
  });

/** `tryIt`: a command that shows whether the registry answers. */
export function warehouseHint(registry: string, reason: string, tryIt: string): string {
  if (TOO_MANY.test(reason)) return TOO_MANY_REQUESTS;
  if (isReadOnly(reason)) return 'the registry is read-only, as while its garbage is collected; try again in a minute';
  if (/denied|unauthorized|authentication|forbidden|no basic auth|\b40[13]\b/i.test(reason))
    return `on the factory, as the docker user: docker login ${registry}`;
  if (/HTTP response to HTTPS client/i.test(reason))
    return `the registry has no TLS; on the factory, in /etc/docker/daemon.json: {"insecure-registries": ["${registry}"]}, then: service docker restart`;
  if (/x509|certificate/i.test(reason))
    return `on the factory, give Docker the registry's CA certificate: /etc/docker/certs.d/${registry.replace(/\/.*$/, '')}/ca.crt`;
  return `is the registry running? on the factory: ${tryIt}`;
}

export const TOO_MANY = /toomanyrequests|too many requests|\b429\b/i;

const MORE_REQUESTS =
  'docker login, or set a mirror in /etc/docker/daemon.json: {"registry-mirrors": ["https://MIRROR"]}, then: service docker restart';
export const TOO_MANY_REQUESTS = `on the factory: ${MORE_REQUESTS}`;

export const imageGone = (image: string) =>
  new Trouble('image-gone', EXIT.warehouse, `${image} not found in the warehouse`, {
    hint: ['to build its commit again: ', command('replay', '<app>', '<commit>')],
  });

export const indexNotTagged = (image: string, registry: string) =>
  new Trouble('index-not-tagged', EXIT.warehouse, `${image} is an index, and buildx cannot tag it in the warehouse`, {
    hint: forAdmin(
      `on the factory, buildx 0.22 or later must reach the registry ${registry}, with TLS that it trusts, or on localhost`,
    ),
  });

export const latestUnknown = (image: string, reason: string) =>
  fault('latest-unknown', `cannot see what the warehouse has as ${image}: ${reason}`, `docker pull ${image}`);

export const engineSilent = (reason: string) =>
  fault('engine-silent', `the Docker Engine is not responding: ${reason}`, engineFix(reason));

function engineFix(reason: string): string {
  if (/permission denied/i.test(reason)) return 'usermod -aG docker USER, if the user is not docker';
  if (/client version \S+ is too old|Minimum supported API version/i.test(reason))
    return "install a docker CLI of the engine's version, or set DOSKARA_DOCKER to one";
  return `service docker ${/^no answer within/.test(reason) ? 'restart' : 'start'}`;
}

export const retryingPush = (reason: string, pauseMs: number) =>
  `${isReadOnly(reason) ? 'the warehouse is read-only, as while its garbage is collected' : `push failed (${reason})`}; retrying in ${pauseMs / 1000} s`;
