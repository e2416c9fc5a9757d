import { describe, expect, test } from 'vitest';
import { parseRunnerCommand, type RunnerRequest, runnerCommand } from '../../src/contract.ts';
import type { DockerfileOptions } from '../../src/dockerfile-options.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { PLAIN_IMAGE } from '../../src/image-options.ts';
import { troubleOf } from './trouble.ts';

const RUNNER = '/usr/local/doskara/build.sh';
const encoded = (text: string | Buffer) => Buffer.from(text).toString('base64url');
const request = (dockerfile: DockerfileOptions, checkSeconds?: number): RunnerRequest => ({
  ...{ verb: 'build', app: 'a', tag: undefined, noCache: false, cacheId: undefined, secrets: [], baseImage: undefined },
  ...{ image: PLAIN_IMAGE, verify: undefined },
  checkSeconds,
  dockerfile,
});

describe('the options for a Dockerfile', () => {
  test.each<[string, RunnerRequest]>([
    [`${RUNNER} --dockerfile Dockerfile a`, request({ file: 'Dockerfile', target: undefined, buildArgs: [] })],
    [
      `${RUNNER} --check-run 10 --dockerfile deploy/api.Dockerfile --target release --build-arg ${encoded('A=b c, "d"=$(é)')} --build-arg ${encoded('_=')} a`,
      request({ file: 'deploy/api.Dockerfile', target: 'release', buildArgs: ['A=b c, "d"=$(é)', '_='] }, 10),
    ],
  ])('%j are sent by port and parsed by the factory', (command, sent) => {
    expect(runnerCommand(sent)).toBe(command);
    expect(parseRunnerCommand(command)).toEqual(sent);
  });

  test('take a build argument as it is, by hand', () => {
    expect(parseRunnerCommand(`${RUNNER} --dockerfile x --build-arg A=b=c a`)).toEqual(
      request({ file: 'x', target: undefined, buildArgs: ['A=b=c'] }),
    );
  });

  test.each([
    { file: '../x', target: undefined, buildArgs: [] },
    { file: 'x y', target: undefined, buildArgs: [] },
    { file: 'x', target: '-x', buildArgs: [] },
    { file: 'x', target: undefined, buildArgs: ['A=1\n--build-arg'] },
    { file: 'x', target: undefined, buildArgs: ['BUILDKIT_SYNTAX=x'] },
  ])('that are invalid are not sent: %j', (options) => {
    expect(troubleOf(() => runnerCommand(request(options)))).toMatchObject({
      code: 'bad-dockerfile-option',
      exitCode: EXIT.usage,
    });
  });

  test.each([
    `${RUNNER} --dockerfile a`,
    `${RUNNER} --dockerfile -f a`,
    `${RUNNER} --dockerfile x,y a`,
    `${RUNNER} --dockerfile ${'x'.repeat(256)} a`,
    `${RUNNER} --dockerfile /etc/passwd a`,
    `${RUNNER} --dockerfile ../x a`,
    `${RUNNER} --dockerfile x/../y a`,
    `${RUNNER} --dockerfile ./x a`,
    `${RUNNER} --dockerfile x/ a`,
    `${RUNNER} --dockerfile x//y a`,
    `${RUNNER} --dockerfile x/-y a`,
    `${RUNNER} --dockerfile é a`,
    `${RUNNER} --dockerfile x\n a`,
    `${RUNNER} --dockerfile https://x a`,
    `${RUNNER} --dockerfile x --dockerfile y a`,
    `${RUNNER} --target x a`,
    `${RUNNER} --build-arg ${encoded('A=1')} a`,
    `${RUNNER} --dockerfile x --target -x a`,
    `${RUNNER} --dockerfile x --target x=y a`,
    `${RUNNER} --dockerfile x --target ${'x'.repeat(129)} a`,
    `${RUNNER} --dockerfile x --build-arg ${encoded('A=1')} --target y a`,
    `${RUNNER} --dockerfile x --build-arg ${encoded('A=1')}`,
    ...[
      'A',
      '=1',
      '-A=1',
      '1A=1',
      'A B=1',
      'É=1',
      'A=1\n',
      'A=1\nRUN x',
      'A=\0',
      'A=\x1b[2J',
      'A=\u2028',
      'BUILDKIT_SYNTAX=evil',
      'buildkit_cache_mount_ns=other',
      'DOSKARA_APP=other',
      `${'A'.repeat(65)}=1`,
      `A=${'x'.repeat(4095)}`,
      Buffer.from([0x41, 0x3d, 0xff]),
    ].map((text) => `${RUNNER} --dockerfile x --build-arg ${encoded(text)} a`),
    `${RUNNER} --dockerfile x --build-arg ${encoded('A=1')}A a`,
    `${RUNNER} --dockerfile x --build-arg =${encoded('A=1')} a`,
    `${RUNNER} --dockerfile x --build-arg "A=1 a`,
    `${RUNNER} --dockerfile x --build-arg BUILDKIT_SYNTAX=evil a`,
    `${RUNNER} --dockerfile x${` --build-arg ${encoded('A=1')}`.repeat(65)} a`,
    `${RUNNER} --dockerfile x${` --build-arg ${encoded(`A=${'x'.repeat(4000)}`)}`.repeat(4)} a`,
  ])('%j is refused with exit code 2', (command) => {
    expect(troubleOf(() => parseRunnerCommand(command)).exitCode).toBe(EXIT.usage);
  });
});
