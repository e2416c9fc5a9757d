import { describe, expect, test } from 'vitest';
import { makeClassicReader, makePlainReader } from '../../../../src/factory/docker/plain-progress.ts';
import { type BuildFailure, makeClipDetector, type ProgressReader } from '../../../../src/factory/docker/progress.ts';

const failure = (lines: readonly string[]): BuildFailure => {
  const reader = makePlainReader();
  for (const line of lines) reader.read(line);
  return reader.failure();
};

describe('the exit code of build.sh', () => {
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
  ])('is parsed from the output of %s', (_, lines, status) => {
    expect(failure(lines).status).toBe(status);
  });

  test.each<[string, string[]]>([
    ['there is no output', []],
    ['the engine is down', ['ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.']],
    ['the base image is missing', ['ERROR: failed to solve: w/base: not found']],
    ['only the output of build.sh mentions one', ['#8 0.123 make: exit code: 2', '#8 1.002 ERROR: exit code: 2']],
    ["another program's log is quoted", ['step returned a non-zero code: 2']],
  ])('is unknown if %s', (_, lines) => {
    expect(failure(lines).status).toBeUndefined();
  });
});

const read = (reader: ProgressReader, lines: string[]) =>
  lines.flatMap((line) => reader.read(line)).flatMap((progress) => (progress.kind === 'output' ? [progress.text] : []));

describe('output of build.sh', () => {
  test("is separated from BuildKit's own lines", () => {
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
    expect(read(makePlainReader(), lines)).toEqual(['first', '  indented, and #8 0.1 quoted', '', '-----> Pushed']);
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
    expect(read(makeClassicReader(), ['Step 6/9 : RUN ["./build.sh"]', ...step, end, ...more])).toEqual(expected);
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
    expect(read(makeClassicReader(), [...first, ...second, 'Successfully built x'])).toEqual(['a', 'b']);
  });

  test('of the classic builder is complete, even if the build prints that its own container is removed', () => {
    const forged = ['Removing intermediate container 0123456789ab', 'hidden?', 'Step by step', ''];
    const end = ['Removing intermediate container 0123456789ab', ...more, 'Successfully tagged w/a:latest'];
    const lines = ['Pulling from library/debian', 'Step 6/9 : RUN', ...step.slice(0, 2), ...forged, ...end];
    expect(read(makeClassicReader(), lines)).toEqual(['first', 'hidden?', 'Step by step', '']);
  });
});

test.each<[string, string[]]>([
  ['#8 0.1 progress 10%\rerror: checksum', ['progress 10%', 'error: checksum']],
  ['#8 0.1 a\u2028b\u2029c', ['a\u2028b\u2029c']],
  ['#8 0.1 \r', ['']],
])('nothing of %j is lost', (line, output) => {
  expect(read(makePlainReader(), [line])).toEqual(output);
});

test.each<[string, string | undefined]>([
  ['#7 exporting to image', 'export'],
  ['#7 pushing w:5000/a:latest with docker', 'export'],
  ['#6 CACHED', undefined],
  ['#6 1.2 [output clipped, log limit 200KiB/s reached]', 'clipped'],
  ['#6 1.2 exporting to image', 'output'],
  ['#7 exporting layers 0.1s done', undefined],
])('%j is recognized as %s', (line, kind) => {
  expect(makePlainReader().read(line)[0]?.kind).toBe(kind);
});

test.each<[string, string[], boolean]>([
  ['after much output', ['x'.repeat(100 * 1024)], true],
  ['after little output, since the build printed it', ['x'.repeat(1000)], false],
])("the engine's line about dropped output %s is believed: %s", (_, before, expected) => {
  const isClip = makeClipDetector();
  for (const text of before) expect(isClip({ kind: 'output', text, end: '\n' })).toBe(false);
  const text = '[output clipped, log limit 100KiB/s reached]';
  expect(isClip({ kind: 'clipped', text, end: '\n' })).toBe(expected);
});

describe('a failed push', () => {
  const BUILT = ['#6 [3/3] RUN ["./build.sh"]', '#6 DONE 0.1s', '#7 exporting to image', '#7 exporting layers done'];
  test.each<[string, string[], boolean]>([
    ['by BuildKit', [...BUILT, '#7 pushing layers done', '#7 ERROR: failed to push w/a: denied', 'ERROR: x'], true],
    ['by the engine', [...BUILT, '#8 pushing w/a:latest with docker', '#8 ERROR: denied', 'ERROR: denied'], true],
    ['before it started', [...BUILT, '#7 ERROR: failed to copy: no space left on device'], false],
    [
      'in build.sh',
      ['#6 [3/3] RUN ["./build.sh"]', '#6 0.1 #6 pushing layers', '#6 ERROR: process "x" exit code: 1'],
      false,
    ],
    ['without output', [], false],
  ])('%s is recognized', (_, lines, expected) => {
    expect(failure(lines).pushing).toBe(expected);
  });
});

test.each<[string, string[], boolean]>([
  ['the step that runs build.sh', ['#6 [4/4] RUN ["./build.sh"]', '#6 CACHED'], true],
  [
    'the base image, which is no step,',
    ['#4 [1/4] FROM a', '#4 CACHED', '#6 [4/4] RUN ["./build.sh"]', '#6 DONE 0.1s'],
    false,
  ],
])('%s is cached', (_, lines, cached) => {
  const reader = makePlainReader();
  expect(lines.flatMap((line) => reader.read(line)).some(({ kind }) => kind === 'cached')).toBe(cached);
});

describe('the steps', () => {
  const kinds = (reader: ProgressReader, lines: string[]) =>
    lines
      .flatMap((line) => reader.read(line))
      .map((each) => ('name' in each ? `${each.kind} ${each.name}` : each.kind));

  test('of BuildKit are told before their output, each time that another one speaks', () => {
    const lines = [
      ...['#1 [internal] load .dockerignore', '#1 DONE 0.0s', '#4 [a 1/2] FROM x', '#4 DONE 0.0s'],
      ...['#5 [a 2/2] RUN a', '#6 [b 2/3] RUN b', '#6 0.1 1', '', '#5 [a 2/2] RUN a', '#5 0.2 2', '#5 DONE 0.2s'],
      ...['', '#6 [b 2/3] RUN b', '#6 0.3 3', '#7 [b 3/3] COPY x y', '#7 DONE 0.0s', '#8 [c 2/2] RUN c', '#8 CACHED'],
    ];
    expect(kinds(makePlainReader(), lines)).toEqual([
      ...['step [b 2/3] RUN b', 'output', 'step [a 2/2] RUN a', 'output', 'step [b 2/3] RUN b', 'output'],
      ...['step [b 3/3] COPY x y', 'cached [c 2/2] RUN c'],
    ]);
  });

  test('of the classic builder are told once', () => {
    const lines = [
      ...['Step 1/4 : FROM x', ' ---> 0123456789ab', 'Step 2/4 : COPY x y', ' ---> 0123456789ab'],
      ...['Step 3/4 : RUN a', ' ---> Running in 0123456789ab', 'a', 'Removing intermediate container 0123456789ab'],
      ...[' ---> 0123456789ab', 'Step 4/4 : RUN b', ' ---> Using cache', ' ---> 0123456789ab'],
    ];
    expect(kinds(makeClassicReader(), lines)).toEqual([
      ...['step Step 2/4 : COPY x y', 'step Step 3/4 : RUN a', 'output', 'cached Step 4/4 : RUN b'],
    ]);
  });

  test('that failed are named', () => {
    const failed = ['#5 [2/2] RUN a', '#5 0.1 x', '#5 ERROR: executor failed running [a]: exit code: 3'];
    expect(failure(failed)).toMatchObject({ step: '[2/2] RUN a', status: 3 });
  });
});
