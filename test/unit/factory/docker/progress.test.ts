import { describe, expect, test } from 'vitest';
import type { Builder } from '../../../../src/factory/docker/commands.ts';
import {
  builtDigest,
  failedStatus,
  failedToPush,
  isMediaTypeRefused,
  isWorthRetrying,
  makeProgressReader,
  manifestBytes,
  pushedDigest,
} from '../../../../src/factory/docker/progress.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('the status of build.sh', () => {
  test.each<[string, string[], number]>([
    [
      'classic',
      ['Removing intermediate container 0123456789ab', "The command './build.sh' returned a non-zero code: 3"],
      3,
    ],
    ['BuildKit', ['#8 ERROR: process "./build.sh" did not complete successfully: exit code: 2'], 2],
    [
      'buildx',
      ['ERROR: failed to build: failed to solve: process "./build.sh" did not complete successfully: exit code: 137'],
      137,
    ],
    ['docker 20.10', ['executor failed running [/bin/sh ./build.sh]: exit code: 7'], 7],
    [
      'an old frontend',
      [
        'failed to solve with frontend dockerfile.v0: failed to build LLB: executor failed running [./build.sh]: exit code: 4',
      ],
      4,
    ],
    [
      'the last of several lines',
      ['#8 ERROR: process "a" did not complete successfully: exit code: 1', 'ERROR: exit code: 9', ''],
      9,
    ],
  ])('is read from what %s says', (_, lines, status) => {
    expect(failedStatus(lines)).toBe(status);
  });

  test.each<[string, string[]]>([
    ['nothing is said', []],
    ['the engine is down', ['ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.']],
    ['the base image is missing', ['ERROR: failed to solve: w/base: not found']],
    ['only the output of build.sh speaks of one', ['#8 0.123 make: exit code: 2', '#8 1.002 ERROR: exit code: 2']],
    ['a log of something else is quoted', ['step returned a non-zero code: 2']],
  ])('is unknown where %s', (_, lines) => {
    expect(failedStatus(lines)).toBeUndefined();
  });
});

describe('the digest of a push', () => {
  test.each<[string, string[], string | undefined]>([
    ['stands in the last line', ['abc: Pushed', `latest: digest: ${DIGEST} size: 1234`], DIGEST],
    ['may be followed by other lines', [`c0ffee: digest: ${DIGEST} size: 5`, ''], DIGEST],
    [
      'is the last where there are two',
      [`a: digest: sha256:${'0'.repeat(64)} size: 5`, `b: digest: ${DIGEST} size: 5`],
      DIGEST,
    ],
    ['is unknown without such a line', ['The push refers to repository [w/a]', 'denied'], undefined],
    ['is never a short one', ['latest: digest: sha256:abc size: 5'], undefined],
    ['is unknown where nothing is said', [], undefined],
  ])('%s', (_, lines, digest) => {
    expect(pushedDigest(lines)).toBe(digest);
  });
});

const read = (builder: Builder, lines: string[]) =>
  lines.map(makeProgressReader(builder)).flatMap((progress) => (progress?.kind === 'output' ? [progress.text] : []));

describe('output of build.sh', () => {
  test.each<Builder>(['buildkit', 'buildx'])('is told from the chatter of %s', (builder) => {
    const lines = [
      '#1 [internal] load build definition from Dockerfile',
      '#1 transferring dockerfile: 300B done',
      '#1 DONE 0.0s',
      '#6 sha256:4abc 29.13MB / 29.13MB 1.2s done',
      '#8 [4/4] RUN ["./build.sh"]',
      '#8 0.282 first',
      '#8 12.030   indented, and #8 0.1 quoted',
      '#8 12.031 ',
      '#8 1234.500 -----> Pushed',
      '#8 DONE 1234.6s',
      '',
    ];
    expect(read(builder, lines)).toEqual(['first', '  indented, and #8 0.1 quoted', '', '-----> Pushed']);
  });

  const step = [' ---> Running in 0123456789ab', 'first', '', 'Step 9/9 : a trick', ' ---> Running in ba9876543210'];
  const more = [' ---> 5af3105baab9', 'Step 7/9 : ENTRYPOINT []'];
  const output = ['first', '', 'Step 9/9 : a trick', ' ---> Running in ba9876543210'];

  test.each<[string, string[]]>([
    ['Removing intermediate container 0123456789ab', output],
    [' ---> Removed intermediate container 0123456789ab', output],
    [
      'Removing intermediate container ba9876543210',
      [...output, 'Removing intermediate container ba9876543210', ...more],
    ],
    ['no line feedRemoving intermediate container 0123456789ab', [...output, 'no line feed']],
    ['no line feed ---> Removed intermediate container 0123456789ab', [...output, 'no line feed']],
  ])('of the classic builder ends with %j', (end, expected) => {
    expect(read('classic', ['Step 6/9 : RUN ["./build.sh"]', ...step, end, ...more])).toEqual(expected);
  });

  test('of the classic builder comes from every container', () => {
    const first = [
      'Step 1/2 : ONBUILD',
      ' ---> Running in 0123456789ab',
      'a',
      'Removing intermediate container 0123456789ab',
    ];
    const second = [
      'Step 2/2 : RUN',
      ' ---> Running in ba9876543210',
      'b',
      'Removing intermediate container ba9876543210',
    ];
    expect(read('classic', [...first, ...second, 'Successfully built x'])).toEqual(['a', 'b']);
  });
});

test.each([
  ['dial tcp 127.0.0.1:5000: connect: connection refused', true],
  ['received unexpected HTTP status: 503 Service Unavailable', true],
  ['manifest blob unknown: blob unknown to registry', true], // seen after an interrupted push of the same layer
  ['denied: requested access to the resource is denied', false],
  ['name unknown: repository name not known to registry', false],
])('a push that ended with "%s" is worth another try: %s', (reason, worth) => {
  expect(isWorthRetrying(reason)).toBe(worth);
});

test.each<[string, string]>([
  ['#8 0.1 progress 10%\rerror: checksum', 'progress 10%\rerror: checksum'],
  ['#8 0.1 a\u2028b\u2029c', 'a\u2028b\u2029c'],
])('nothing of %j is lost', (line, output) => {
  expect(read('buildkit', [line])).toEqual([output]);
});

test.each<[string, string | undefined]>([
  ['#7 exporting to image', 'export'],
  ['#7 pushing w:5000/a:latest with docker', 'export'],
  ['#6 CACHED', undefined],
  ['#6 1.2 [output clipped, log limit 200KiB/s reached]', 'clipped'],
  ['#6 1.2 exporting to image', 'output'],
  ['#7 exporting layers 0.1s done', undefined],
])('%j tells of %s', (line, kind) => {
  expect(makeProgressReader('buildx')(line)?.kind).toBe(kind);
});

describe('a push that failed', () => {
  const BUILT = ['#6 [3/3] RUN ["./build.sh"]', '#6 DONE 0.1s', '#7 exporting to image', '#7 exporting layers done'];
  test.each<[string, string[], boolean]>([
    ['by BuildKit', [...BUILT, '#7 pushing layers done', '#7 ERROR: failed to push w/a: denied', 'ERROR: x'], true],
    ['by the engine', [...BUILT, '#8 pushing w/a:latest with docker', '#8 ERROR: denied', 'ERROR: denied'], true],
    ['before it began', [...BUILT, '#7 ERROR: failed to copy: no space left on device'], false],
    [
      'in build.sh',
      ['#6 [3/3] RUN ["./build.sh"]', '#6 0.1 #6 pushing layers', '#6 ERROR: process "x" exit code: 1'],
      false,
    ],
    ['without a word', [], false],
  ])('%s is known', (_, lines, expected) => {
    expect(failedToPush(lines)).toBe(expected);
  });
});

test.each<[string, string | undefined]>([
  [`{"containerimage.digest": "${DIGEST}", "x": 1}`, DIGEST],
  ['{"containerimage.digest": "sha256:abc"}', undefined],
  ['{"containerimage.digest": 5}', undefined],
  ['null', undefined],
  ['', undefined],
])('the digest in the metadata %j', (metadata, digest) => {
  expect(builtDigest(metadata)).toBe(digest);
});

test.each<[string, number | undefined]>([
  ['{"config": {"size": 5}, "layers": [{"size": 7}, {"size": 8}]}', 20],
  ['{"config": {"size": 5}, "layers": []}', 5],
  ['{"config": {"size": "x"}, "layers": []}', undefined],
  ['{"layers": [{"size": -1}]}', undefined],
  ['{"manifests": []}', undefined],
  ['[]', undefined],
  ['no json', undefined],
])('the bytes of the manifest %j', (manifest, bytes) => {
  expect(manifestBytes(manifest)).toBe(bytes);
});

test.each([
  ['failed to push w/a: unexpected status from PUT request: 400 Bad Request: manifest invalid', true],
  ['unexpected status: 415 Unsupported Media Type', true],
  ['denied: requested access to the resource is denied', false],
])('a warehouse that says %j refuses the media type: %s', (reason, refused) => {
  expect(isMediaTypeRefused(reason)).toBe(refused);
});

test.each<[string, string[], boolean]>([
  ['the step that runs build.sh', ['#6 [4/4] RUN ["./build.sh"]', '#6 CACHED'], true],
  ['another step', ['#5 [2/4] WORKDIR /app', '#5 CACHED', '#6 [4/4] RUN ["./build.sh"]', '#6 DONE 0.1s'], false],
])('%s, taken from the cache', (_, lines, cached) => {
  const progress = lines.map(makeProgressReader('buildx'));
  expect(progress.some((each) => each?.kind === 'cached')).toBe(cached);
});
