/** What the factory says about Docker and the warehouse. */
import { command, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatBytes } from '../../units.ts';

export const outputClipped = () =>
  "Docker dropped part of this build's output: it exceeded BUILDKIT_STEP_LOG_MAX_SPEED or BUILDKIT_STEP_LOG_MAX_SIZE; an admin can lift both with Docker Engine 23 or later";

export const zstdRefused = (registry: string) =>
  `the warehouse ${registry} does not accept layers compressed with zstd; using gzip (set DOSKARA_COMPRESSION=gzip on the factory to avoid this)`;

export const cached = () => "nothing changed: using Docker's build cache";

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

export const dockerFailed = (what: string, lastLine: string) =>
  new Trouble('docker-failed', EXIT.factory, `docker ${what} failed: ${lastLine}`, {
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });

export const engineStopped = () =>
  new Trouble('engine-stopped', EXIT.factory, 'the Docker Engine stopped during the build', {
    hint: 'on the factory: service docker status',
  });

/** Used in place of docker's last line of output. */
export const dockerKilled = (signal: string) => `killed by ${signal}`;
/** The same, of a program that did not start. */
export const notStarted = (program: string, reason: string) => `cannot run ${program}: ${reason}`;

export const dockerMissing = (docker: string) =>
  new Trouble('docker-missing', EXIT.factory, `cannot run the docker CLI ${docker}`, {
    hint: 'on the factory: apt-get install docker.io, or set DOSKARA_DOCKER',
  });

export const warehouseRefused = (image: string, registry: string, lastLine: string) =>
  new Trouble('push-failed', EXIT.warehouse, `${image} was built, but the push to the warehouse failed: ${lastLine}`, {
    hint: warehouseHint(registry, lastLine, `docker push ${image}`),
  });

/** `tryIt`: a command that shows whether the registry answers. */
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

export const TOO_MANY = /toomanyrequests|too many requests|\b429\b/i;

export const TOO_MANY_REQUESTS =
  'on the factory: docker login, or set a mirror in /etc/docker/daemon.json: {"registry-mirrors": ["https://MIRROR"]}, then: service docker restart';

export const imageGone = (image: string) =>
  new Trouble('image-gone', EXIT.warehouse, `${image} not found in the warehouse`, {
    hint: ['on port, to build its commit again: ', command('replay', '<app>', '<commit>')],
  });

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

export const retryingPush = (reason: string, pauseMs: number) =>
  `push failed (${reason}); retrying in ${pauseMs / 1000} s`;
