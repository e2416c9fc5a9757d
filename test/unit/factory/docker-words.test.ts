import { describe, expect, test } from 'vitest';
import {
  type Builder,
  type BuildOrder,
  buildEnvironment,
  buildWords,
  chooseBuilder,
  failedStatus,
  isWorthRetrying,
  makeBuildReader,
  pushedDigest,
} from '../../../src/factory/docker-words.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('the builder', () => {
  test.each<[string, boolean, Builder]>([
    ['20.10.24+dfsg1', false, 'buildkit'],
    ['20.10.24', true, 'buildx'],
    ['18.09.1', false, 'buildkit'],
    ['23.0.0', false, 'classic'],
    ['28.2.2', false, 'classic'],
    ['28.2.2', true, 'buildx'],
    ['', false, 'classic'],
  ])('of a CLI %j with buildx=%j is %s', (version, hasBuildx, builder) => {
    expect(chooseBuilder(version, hasBuildx)).toBe(builder);
  });

  test.each<[Builder, string]>([
    ['classic', '0'],
    ['buildkit', '1'],
    ['buildx', '1'],
  ])('%s is asked for with DOCKER_BUILDKIT=%s', (builder, value) => {
    expect(buildEnvironment(builder)).toMatchObject({ DOCKER_BUILDKIT: value });
  });
});

describe('the command line of a build', () => {
  const order: Omit<BuildOrder, 'builder'> = {
    builderName: '',
    context: '/spool/x',
    image: { name: 'w/a', references: ['w/a:c0ffee', 'w/a:latest'], labels: { 'doskara.app': 'a', k: 'v=w' } },
    noCache: false,
  };
  const rest = ['--label=doskara.app=a', '--label=k=v=w', '--tag=w/a:c0ffee', '--tag=w/a:latest', '--', '/spool/x'];

  test.each<[Builder, Partial<BuildOrder>, string[]]>([
    ['classic', {}, ['build', '--force-rm']],
    ['classic', { builderName: 'many', noCache: true }, ['build', '--force-rm', '--no-cache']],
    ['buildkit', {}, ['build', '--progress=plain']],
    ['buildkit', { builderName: 'many' }, ['build', '--progress=plain']],
    ['buildx', {}, ['buildx', 'build', '--load', '--progress=plain']],
    ['buildx', { noCache: true }, ['buildx', 'build', '--load', '--progress=plain', '--no-cache']],
    ['buildx', { builderName: 'many' }, ['buildx', 'build', '--load', '--builder', 'many', '--progress=plain']],
  ])('with %s and %j', (builder, part, start) => {
    expect(buildWords({ ...order, ...part, builder })).toEqual([...start, ...rest]);
  });
});

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
  lines.map(makeBuildReader(builder)).filter((line) => line !== undefined);

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
