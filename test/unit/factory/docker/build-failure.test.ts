import { expect, test } from 'vitest';
import { EXIT } from '../../../../src/exit-codes.ts';
import { explainBuild, explainDockerfile } from '../../../../src/factory/docker/build-failure.ts';
import { parseFactorySettings } from '../../../../src/factory/settings.ts';

const METADATA = '[internal] load metadata for docker.io/library/x:1';
const EXCERPT = ['Dockerfile:2', '-'.repeat(20), '-'.repeat(20)];
const REFUSED =
  'docker.io/library/x:1: failed to resolve source metadata: failed to do request: Head "https://r/v2/": dial tcp 127.0.0.1:9: connect: connection refused';
const NO_SHELL = 'runc run failed: unable to start container process: exec: "/bin/sh": no such file or directory';

test.each<[string, string | undefined, string, string[], string, number]>([
  ['an image that does not exist', METADATA, 'x:1: not found', EXCERPT, 'no-such-image', EXIT.failed],
  ['a private image', METADATA, 'pull access denied, repository does not exist', EXCERPT, 'no-such-image', EXIT.failed],
  ['the same, classic', 'Step 1/2 : FROM x:1', 'manifest for x:1 not found', [], 'no-such-image', EXIT.failed],
  ['a registry that is down', METADATA, REFUSED, EXCERPT, 'image-unreachable', EXIT.factory],
  [
    'the same, classic',
    'Step 1/2 : FROM x:1',
    'Get "http://x/v2/": dial tcp: x',
    [],
    'image-unreachable',
    EXIT.factory,
  ],
  ['too many pulls', METADATA, 'toomanyrequests: 429 Too Many', EXCERPT, 'image-unreachable', EXIT.factory],
  ['a syntax error', undefined, 'dockerfile parse error on line 2: x', EXCERPT, 'dockerfile-failed', EXIT.failed],
  ['the same, 20.10', undefined, 'dockerfile parse error line 2: x', [], 'dockerfile-failed', EXIT.failed],
  ['an empty file', undefined, 'the Dockerfile cannot be empty', [], 'dockerfile-failed', EXIT.failed],
  ['a file of comments', undefined, 'file with no instructions', [], 'dockerfile-failed', EXIT.failed],
  ['anything else, 20.10', undefined, 'failed to create LLB definition: x', [], 'dockerfile-failed', EXIT.failed],
  ['no such stage', undefined, 'target stage "x" could not be found', [], 'dockerfile-failed', EXIT.failed],
  [
    'an entitlement',
    undefined,
    'failed to load LLB: network.host is not allowed',
    [],
    'dockerfile-failed',
    EXIT.failed,
  ],
  ['a missing file', '[2/3] COPY timeout /', '"/timeout": not found', EXCERPT, 'dockerfile-failed', EXIT.failed],
  ['the same, classic', 'Step 2/3 : COPY x /', 'COPY failed: x does not exist', [], 'dockerfile-failed', EXIT.failed],
  ['a URL that is down', '[2/3] ADD http://x /', 'dial tcp: x', EXCERPT, 'docker-failed', EXIT.factory],
  ['no shell', '[2/3] RUN x', NO_SHELL, EXCERPT, 'dockerfile-failed', EXIT.failed],
  ['a container that cannot be made', '[2/3] RUN x', 'failed to mount overlay', EXCERPT, 'docker-failed', EXIT.factory],
  ['an engine that is down', undefined, 'Cannot connect to the Docker daemon', [], 'docker-failed', EXIT.factory],
  ['an export', 'exporting to image', 'input/output error', [], 'docker-failed', EXIT.factory],
])('%s: %s', (_, step, reason, excerpt, code, exitCode) => {
  expect(explainDockerfile({ step, reason, excerpt })).toMatchObject({ code, exitCode });
});

const LOOKUP = 'dial tcp: lookup registry-1.docker.io: no such host';

test.each<[image: string, reason: string, message: string]>([
  [
    'debian:bokworm',
    'debian:bokworm: failed to resolve source metadata for docker.io/library/debian:bokworm: docker.io/library/debian:bokworm: not found',
    'the factory cannot build: base image debian:bokworm not found',
  ],
  [
    'debian:bokworm',
    'manifest for debian:bokworm not found: manifest unknown: manifest unknown',
    'the factory cannot build: base image debian:bokworm not found',
  ],
  [
    'w:5000/team/base',
    "pull access denied for w:5000/team/base, repository does not exist or may require 'docker login'",
    'the factory cannot build: base image w:5000/team/base not found',
  ],
  [
    'debian:trixie',
    `failed to create LLB definition: failed to do request: Head "https://registry-1.docker.io/v2/library/debian/manifests/trixie": ${LOOKUP}`,
    'the factory cannot build: cannot pull base image debian:trixie: failed to create LLB definition: ',
  ],
  [
    `debian@sha256:${'0'.repeat(64)}`,
    `docker.io/library/debian@sha256:${'0'.repeat(64)}: not found`,
    'the factory cannot build: base image debian@sha256:0',
  ],
  ['debian:trixie', 'no space left on device', "the factory's disk is full"],
  ['debian:trixie', 'rpc error: code = Unavailable', 'docker build failed: rpc error'],
])('with the base image %s, %j is named for what it is', async (image, reason, message) => {
  const settings = parseFactorySettings({ DOSKARA_BASE_IMAGE: image }, {});
  const failure = { status: undefined, step: undefined, pushing: false, problem: undefined, reason, excerpt: [] };
  const order = { group: undefined, dockerfile: undefined, builderName: '' };
  const trouble = await explainBuild({ settings, buildx: undefined }, order, failure);
  expect(trouble.exitCode).toBe(4);
  expect(trouble.message.startsWith(message)).toBe(true);
});
