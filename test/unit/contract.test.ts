import { describe, expect, test } from 'vitest';
import {
  checkAppName,
  isAppName,
  parseRunnerArgs,
  parseRunnerCommand,
  type RunnerRequest,
  runnerCommand,
} from '../../src/contract.ts';
import { EXIT } from '../../src/exit-codes.ts';
import { PLAIN_IMAGE } from '../../src/image-options.ts';
import { troubleOf } from './trouble.ts';

const RUNNER = '/usr/local/doskara/build.sh';
const CACHE = '0123456789abcdef'.repeat(2);
const BUILD: Extract<RunnerRequest, { verb: 'build' }> = {
  baseImage: undefined,
  ...{ verb: 'build', app: 'myapp', tag: undefined, noCache: false, cacheId: undefined },
  ...{ secrets: [], checkSeconds: undefined, dockerfile: undefined, image: PLAIN_IMAGE, verify: undefined },
};
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an app name', () => {
  test.each(['a', '7', 'myapp', 'my-app', 'my_app', 'my.app', 'a-b_c.d', '2048', 'a'.repeat(63)])('is %j', (name) => {
    expect(isAppName(name)).toBe(true);
    expect(checkAppName(name)).toBe(name);
  });

  test.each([
    ['empty', ''],
    ['longer than 63 characters', 'a'.repeat(64)],
    ['with an uppercase letter', 'MyApp'],
    ['with two separators in a row', 'my--app'],
    ['with two different separators in a row', 'my._app'],
    ['starting with a separator', '-app'],
    ['starting with a dot', '.app'],
    ['ending with a separator', 'app-'],
    ['with a slash', 'my/app'],
    ['that is a parent directory', '..'],
    ['with a space', 'my app'],
    ['with a shell command', 'app;reboot'],
    ['with a final line feed', 'app\n'],
    ['with a non-ASCII letter', 'café'],
    ['the name of a repository', 'a.git'],
    ['ending with .git twice', 'a.git.git'],
  ])('is never %s', (_, name) => {
    expect(isAppName(name)).toBe(false);
    expect(troubleOf(() => checkAppName(name))).toMatchObject({ code: 'bad-app-name', exitCode: EXIT.usage });
  });

  test('that ends in .git is refused on both sides, with a hint to drop it', () => {
    const said = { code: 'bad-app-name', hint: 'leave out .git: it is added to the repository automatically' };
    expect(troubleOf(() => runnerCommand({ ...BUILD, app: 'a.git' }))).toMatchObject(said);
    expect(troubleOf(() => parseRunnerCommand(`${RUNNER} a.git`))).toMatchObject(said);
    expect(isAppName('a.github')).toBe(true);
    expect(isAppName('git')).toBe(true);
  });
});

const REQUESTS: [string, RunnerRequest][] = [
  [`${RUNNER} myapp`, BUILD],
  [`${RUNNER} --no-cache myapp`, { ...BUILD, noCache: true }],
  [`${RUNNER} --cache-id ${CACHE} myapp`, { ...BUILD, cacheId: CACHE }],
  [`${RUNNER} --no-cache --cache-id ${CACHE} myapp`, { ...BUILD, noCache: true, cacheId: CACHE }],
  [`${RUNNER} --cache-id ${CACHE} --check-run 10 a`, { ...BUILD, app: 'a', cacheId: CACHE, checkSeconds: 10 }],
  [`${RUNNER} --reproducible myapp`, { ...BUILD, image: { ...PLAIN_IMAGE, reproducible: true } }],
  [`${RUNNER} --platforms linux/arm64 myapp`, { ...BUILD, image: { ...PLAIN_IMAGE, platforms: ['linux/arm64'] } }],
  [`${RUNNER} --attest sbom myapp`, { ...BUILD, image: { ...PLAIN_IMAGE, attest: ['sbom'] } }],
  [
    `${RUNNER} --reproducible --platforms linux/amd64,linux/arm/v7 --attest provenance,sbom --verify ${DIGEST} v0.25.1 myapp`,
    {
      ...BUILD,
      image: { reproducible: true, platforms: ['linux/amd64', 'linux/arm/v7'], attest: ['provenance', 'sbom'] },
      verify: { digest: DIGEST, buildkit: 'v0.25.1' },
    },
  ],
  [`${RUNNER} --verify ${DIGEST} v0.25.1 myapp`, { ...BUILD, verify: { digest: DIGEST, buildkit: 'v0.25.1' } }],
  [`${RUNNER} --verify ${DIGEST} unknown myapp`, { ...BUILD, verify: { digest: DIGEST, buildkit: null } }],
  [`${RUNNER} --base-image debian:12 a`, { ...BUILD, app: 'a', baseImage: 'debian:12' }],
  [`${RUNNER} --cache-id ${CACHE} --secrets A,ssh a`, { ...BUILD, app: 'a', cacheId: CACHE, secrets: ['A', 'ssh'] }],
  [
    `${RUNNER} --secret-set a ${CACHE} NPM_TOKEN 65536`,
    { verb: 'secret-set', app: 'a', cacheId: CACHE, name: 'NPM_TOKEN', bytes: 65_536 },
  ],
  [`${RUNNER} --secret-set a ${CACHE} ssh 1`, { verb: 'secret-set', app: 'a', cacheId: CACHE, name: 'ssh', bytes: 1 }],
  [`${RUNNER} --secret-remove a ${CACHE} _`, { verb: 'secret-remove', app: 'a', cacheId: CACHE, name: '_' }],
  [
    `${RUNNER} --secret-check a ${CACHE} A,ssh`,
    { verb: 'secret-check', app: 'a', cacheId: CACHE, names: ['A', 'ssh'] },
  ],
  [`${RUNNER} --secret-clear a ${CACHE}`, { verb: 'secret-clear', app: 'a', cacheId: CACHE }],
  [`${RUNNER} --cancel myapp`, { verb: 'cancel', app: 'myapp', tag: undefined }],
  [`${RUNNER} --cancel --tag release-1.2 myapp`, { verb: 'cancel', app: 'myapp', tag: 'release-1.2' }],
  [`${RUNNER} --latest myapp`, { verb: 'latest', app: 'myapp', tag: undefined }],
  [`${RUNNER} --latest --tag release-1.2 myapp`, { verb: 'latest', app: 'myapp', tag: 'release-1.2' }],
  [
    `${RUNNER} --retag myapp ${DIGEST}`,
    { verb: 'retag', app: 'myapp', tag: undefined, digest: DIGEST, from: undefined, commit: undefined },
  ],
  [
    `${RUNNER} --retag myapp ${DIGEST} ${COMMIT}`,
    { verb: 'retag', app: 'myapp', tag: undefined, digest: DIGEST, from: undefined, commit: COMMIT },
  ],
  [`${RUNNER} --tag v1_x --no-cache myapp`, { ...BUILD, tag: 'v1_x', noCache: true }],
  [
    `${RUNNER} --retag --from old --tag production myapp ${DIGEST}`,
    { verb: 'retag', app: 'myapp', tag: 'production', digest: DIGEST, from: 'old', commit: undefined },
  ],
  [
    `${RUNNER} --retag --from old myapp ${DIGEST}`,
    { verb: 'retag', app: 'myapp', tag: undefined, digest: DIGEST, from: 'old', commit: undefined },
  ],
  [`${RUNNER} --check`, { verb: 'check', json: false }],
  [`${RUNNER} --check --json`, { verb: 'check', json: true }],
  [`${RUNNER} --prune-tags`, { verb: 'prune-tags' }],
  [`${RUNNER} --collect-garbage`, { verb: 'collect-garbage' }],
  [`${RUNNER} --limit-builds`, { verb: 'limit-builds' }],
  [`${RUNNER} --version`, { verb: 'version' }],
];

describe('the command line of the runner', () => {
  test.each(REQUESTS)('%j is sent by port and parsed by the factory', (command, request) => {
    expect(runnerCommand(request)).toBe(command);
    expect(parseRunnerCommand(command)).toEqual(request);
    expect(parseRunnerArgs(command.split(' ').slice(1))).toEqual(request);
  });

  test('is not built for an invalid app name', () => {
    const call = () => runnerCommand({ ...BUILD, app: 'a; reboot' });
    expect(troubleOf(call).exitCode).toBe(EXIT.usage);
  });

  test.each([
    '',
    RUNNER,
    `${RUNNER} `,
    `${RUNNER}  myapp`,
    `${RUNNER} myapp `,
    `${RUNNER} myapp other`,
    `${RUNNER} --check myapp`,
    `${RUNNER} --no-cache`,
    `${RUNNER} --no-cache --check`,
    `${RUNNER} --cache-id ${CACHE}`,
    `${RUNNER} --check-run 0 myapp`,
    `${RUNNER} --check-run 10000 myapp`,
    `${RUNNER} --check-run 10 --cache-id ${CACHE} myapp`,
    `${RUNNER} --cache-id myapp`,
    `${RUNNER} --cache-id x,target=/ myapp`,
    `${RUNNER} --cache-id ${CACHE} --no-cache myapp`,
    `${RUNNER} --cache-id ${CACHE.toUpperCase()} myapp`,
    `${RUNNER} --no-cache --no-cache myapp`,
    `${RUNNER} --reproducible --no-cache myapp`,
    `${RUNNER} --reproducible=true myapp`,
    `${RUNNER} --platforms myapp`,
    `${RUNNER} --platforms linux/amd64,push=true myapp`,
    `${RUNNER} --platforms linux/amd64 --reproducible myapp`,
    `${RUNNER} --attest myapp`,
    `${RUNNER} --attest sbom,generator=evil/image myapp`,
    `${RUNNER} --attest type=sbom myapp`,
    `${RUNNER} --attest sbom --platforms linux/amd64 myapp`,
    `${RUNNER} --verify myapp`,
    `${RUNNER} --verify ${DIGEST} myapp`,
    `${RUNNER} --verify ${DIGEST.slice(0, -1)} v0.25.1 myapp`,
    `${RUNNER} --verify ${DIGEST},push=true v0.25.1 myapp`,
    `${RUNNER} --verify ${DIGEST} 0.25.1 myapp`,
    `${RUNNER} --verify ${DIGEST} v0.25,x=1 myapp`,
    `${RUNNER} --secrets A myapp`,
    `${RUNNER} --cache-id ${CACHE} --secrets myapp`,
    `${RUNNER} --cache-id ${CACHE} --secrets A,A myapp`,
    `${RUNNER} --cache-id ${CACHE} --secrets A,,B myapp`,
    `${RUNNER} --cache-id ${CACHE} --secrets A,src=/etc/shadow myapp`,
    `${RUNNER} --secret-set myapp ${CACHE} A`,
    `${RUNNER} --secret-set myapp ${CACHE} A 0`,
    `${RUNNER} --secret-set myapp ${CACHE} A 65537`,
    `${RUNNER} --secret-set myapp ${CACHE} A 1e3`,
    `${RUNNER} --secret-set myapp ${CACHE} A 1 1`,
    `${RUNNER} --secret-set myapp ../locks A 1`,
    `${RUNNER} --secret-set ../x ${CACHE} A 1`,
    `${RUNNER} --secret-set A 1`,
    `${RUNNER} --secret-remove myapp ${CACHE}`,
    `${RUNNER} --secret-remove myapp ${CACHE} ..`,
    `${RUNNER} --secret-remove myapp ${CACHE} A B`,
    `${RUNNER} --secret-clear myapp`,
    `${RUNNER} --secret-clear myapp ${CACHE} A`,
    `${RUNNER} --secret-check myapp ${CACHE}`,
    `${RUNNER} --secret-check myapp ${CACHE} ../A`,
    `${RUNNER} --secret-get myapp ${CACHE} A`,
    `${RUNNER} --force`,
    `${RUNNER} --base-image myapp`,
    `${RUNNER} --base-image a;b myapp`,
    `${RUNNER} --base-image -a myapp`,
    `${RUNNER} --base-image a@sha256:1 myapp`,
    `${RUNNER} --retag myapp ${DIGEST} main`,
    `${RUNNER} --retag --tag latest myapp ${DIGEST}`,
    `${RUNNER} --retag --tag ${COMMIT} myapp ${DIGEST}`,
    `${RUNNER} --retag --tag a/b myapp ${DIGEST}`,
    `${RUNNER} --tag buildcache myapp`,
    `${RUNNER} --tag latest myapp`,
    `${RUNNER} --tag .x myapp`,
    `${RUNNER} --cancel --tag myapp`,
    `${RUNNER} --latest --tag -x myapp`,
    `${RUNNER} --retag --from myapp ${DIGEST}`,
    `${RUNNER} --retag --from ../x myapp ${DIGEST}`,
    `${RUNNER} --retag myapp`,
    `${RUNNER} --retag myapp ${DIGEST} ${COMMIT} ${COMMIT}`,
    `${RUNNER} MYAPP`,
    `${RUNNER} myapp;reboot`,
    `${RUNNER} $(reboot)`,
    `${RUNNER} "myapp"`,
    `${RUNNER} myapp\nreboot`,
    `${RUNNER}\tmyapp`,
    ` ${RUNNER} myapp`,
    'build.sh myapp',
    `/bin/sh ${RUNNER} myapp`,
    'sh',
  ])('%j is refused with exit code 2', (command) => {
    expect(troubleOf(() => parseRunnerCommand(command)).exitCode).toBe(EXIT.usage);
  });
});
