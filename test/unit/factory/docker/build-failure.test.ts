import { expect, test } from 'vitest';
import { EXIT } from '../../../../src/exit-codes.ts';
import { explainBuild, explainDockerfile } from '../../../../src/factory/docker/build-failure.ts';
import { parseFactorySettings } from '../../../../src/factory/read-settings.ts';

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
  ['a URL without a host', '[2/3] ADD http://x /', 'lookup x: no such host', EXCERPT, 'dockerfile-failed', EXIT.failed],
  ['a URL that is down', '[2/3] ADD http://x /', 'dial tcp: x', EXCERPT, 'docker-failed', EXIT.factory],
  ['no shell', '[2/3] RUN x', NO_SHELL, EXCERPT, 'dockerfile-failed', EXIT.failed],
  ['a container that cannot be made', '[2/3] RUN x', 'failed to mount overlay', EXCERPT, 'docker-failed', EXIT.factory],
  ['an engine that is down', undefined, 'Cannot connect to the Docker daemon', [], 'docker-failed', EXIT.factory],
  ['an export', 'exporting to image', 'input/output error', [], 'docker-failed', EXIT.factory],
])('%s: %s', (_, step, reason, excerpt, code, exitCode) => {
  expect(explainDockerfile({ step, reason, excerpt })).toMatchObject({ code, exitCode });
});

const REF = 'failed to compute cache key: failed to calculate checksum of ref 0eqh2ckf::jbmpvwzz';

test.each([
  ['[2/3] COPY dist /app', `${REF}: "/dist": not found`, 'docker build failed: dist is not in the build context'],
  [
    'Step 2/3 : COPY dist /app',
    'COPY failed: file not found in build context or excluded by .dockerignore: stat dist: file does not exist',
    'docker build failed: dist is not in the build context',
  ],
  ['[2/3] COPY --from=build /a/b /', `${REF}: "/a/b": not found`, 'docker build failed: "/a/b": not found'],
  [
    '[2/3] ADD https://x/y /',
    'failed to load cache key: Get "https://x/y": dial tcp: lookup x',
    'docker build failed: Get "https://x/y": dial tcp',
  ],
  [
    METADATA,
    'x:1: failed to resolve source metadata for docker.io/library/x:1: failed to do request: Head "https://r/v2/": dial tcp: no such host',
    'the factory cannot pull docker.io/library/x:1: Head "https://r/v2/": dial tcp: no such host',
  ],
])('what BuildKit wraps around a reason is not shown: %s: %s', (step, reason, message) => {
  expect(explainDockerfile({ step, reason, excerpt: EXCERPT }).message).toContain(message);
});

test('COPY .git has a hint of its own', () => {
  const missing = (path: string) => ({
    step: `[2/3] COPY ${path} .`,
    reason: `"/${path}": not found`,
    excerpt: EXCERPT,
  });
  expect(explainDockerfile(missing('.git/')).hint).toMatch(/ARG DOSKARA_COMMIT$/);
  expect(explainDockerfile(missing('.github')).hint).toMatch(/^the build context is the commit, less what/);
});

test.each<[string, step: string | undefined, reason: string, message: string]>([
  ['that does not exist', METADATA, 'x:1: not found', 'the factory cannot build: base image base:1 not found'],
  [
    'that does not exist, classic',
    'Step 1/9 : FROM base:1',
    'manifest for base:1 not found: manifest unknown',
    'the factory cannot build: base image base:1 not found',
  ],
  [
    'that is private',
    METADATA,
    "pull access denied for base, repository does not exist or may require 'docker login'",
    'the factory cannot build: base image base:1 not found',
  ],
  [
    'whose registry is down',
    METADATA,
    'dial tcp: no such host',
    'the factory cannot build: cannot pull base image base:1: dial tcp: no such host',
  ],
  ['and a full disk', METADATA, 'no space left on device', "the factory's disk is full"],
  ['and an engine that is down', undefined, 'rpc error', 'docker build failed: rpc error'],
])("the factory's own base image %s is the factory's fault", async (_, step, reason, message) => {
  const settings = parseFactorySettings({ DOSKARA_BASE_IMAGE: 'base:1' }, {});
  const failure = { status: undefined, step, pushing: false, problem: undefined, reason, excerpt: [] };
  const order = { group: undefined, dockerfile: undefined, builderName: '', ownBase: false };
  const trouble = await explainBuild({ settings, buildx: undefined }, order, failure);
  expect(trouble).toMatchObject({ exitCode: EXIT.factory, message });
});

test.each<[string, reason: string, code: string, exitCode: number]>([
  ['that does not exist is its own', 'base:1: not found', 'no-such-image', EXIT.failed],
  ['that is private is its own', 'pull access denied for base', 'no-such-image', EXIT.failed],
  ["whose registry is down is the factory's", 'dial tcp: no such host', 'base-image-missing', EXIT.factory],
  ["whose registry refuses now is the factory's", 'toomanyrequests: 429 Too Many', 'base-image-missing', EXIT.factory],
])('the fault of an app that asks for a base image %s', async (_, reason, code, exitCode) => {
  const line = { settings: parseFactorySettings({ DOSKARA_BASE_IMAGE: 'base:1' }, {}), buildx: undefined };
  const order = { group: undefined, dockerfile: undefined, builderName: '', ownBase: true };
  const failure = { status: undefined, step: METADATA, pushing: false, problem: undefined, reason, excerpt: [] };
  const trouble = await explainBuild(line, order, failure);
  expect(trouble).toMatchObject({ code, exitCode, message: expect.stringContaining('base image base:1') });
});

test.each([
  'resolve image config for docker-image://docker.io/docker/buildkit-syft-scanner:stable-1',
  '[linux/amd64] generating sbom using docker.io/docker/buildkit-syft-scanner:stable-1',
])('an SBOM that cannot be made is explained: %s', async (step) => {
  const line = { settings: parseFactorySettings({}, {}), buildx: undefined };
  const order = { group: undefined, dockerfile: undefined, builderName: '', ownBase: false };
  const failure = { step, status: undefined, reason: 'dial tcp: x', pushing: false, excerpt: [], problem: undefined };
  for (const status of [undefined, 1])
    expect(await explainBuild(line, order, { ...failure, status })).toMatchObject({
      code: 'sbom-scanner-failed',
      exitCode: EXIT.factory,
      message: expect.stringContaining('docker/buildkit-syft-scanner:stable-1: dial tcp: x'),
    });
});
