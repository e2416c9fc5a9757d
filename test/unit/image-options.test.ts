import { describe, expect, test } from 'vitest';
import { isBuildKit, isDigest, readAttestation, readPlatforms } from '../../src/image-options.ts';

describe('a list of platforms', () => {
  test.each([
    ['linux/amd64', ['linux/amd64']],
    ['linux/amd64,linux/arm64', ['linux/amd64', 'linux/arm64']],
    ['linux/386,linux/arm/v6,linux/amd64/v2', ['linux/386', 'linux/arm/v6', 'linux/amd64/v2']],
    ['linux/arm,linux/arm64/v8,linux/arm64', ['linux/arm/v7', 'linux/arm64']],
  ])('%s', (list, platforms) => {
    expect(readPlatforms(list)).toEqual(platforms);
    expect(readPlatforms(platforms.join(','))).toEqual(platforms);
  });

  // each would be another field, option or command
  test.each([
    '',
    ',',
    'linux/amd64,',
    'linux/amd64, linux/arm64',
    'amd64',
    'linux',
    'linux/',
    '/amd64',
    'linux/amd64/',
    'linux/amd64/v2/x',
    'linux/amd64/2',
    'linux/../amd64',
    'LINUX/amd64',
    'linux/amd64=1',
    'linux/amd64,push=true',
    'linux/amd64,type=local',
    'linux/amd64"',
    'linux/amd64\n',
    'linux/amd64 --push',
    '--push/x',
    '-o/x',
    'linux/$(reboot)',
    'linux/amd64;reboot',
    'linux/amd64(+windows)',
    'linux/\u0430md64',
    `linux/${'a'.repeat(17)}`,
    Array.from({ length: 9 }, (_, i) => `linux/arm${i}`).join(','),
  ])('is never %j', (list) => {
    expect(readPlatforms(list)).toBeUndefined();
  });
});

test.each(['', 'PROVENANCE', 'sbom ', 'sbom,generator=evil/image', 'type=sbom', 'mode=max', '--push', 'toString'])(
  '%j is no attestation',
  (word) => {
    expect(readAttestation(word)).toBeUndefined();
  },
);

test.each(['', 'unknown', '0.25.1', 'v', 'v0,1', 'v0=1', 'v0 1', 'v0"', 'v0\n', `v0${'.1'.repeat(40)}`, null, 5])(
  '%j is no version of BuildKit',
  (version) => {
    expect(isBuildKit(version)).toBe(false);
  },
);

test.each(['v0.25.1', 'v0.12.1+unknown', 'v0.0.0-20230620112432-2d91ddcceedc'])('%s is one', (version) => {
  expect(isBuildKit(version)).toBe(true);
});

test.each(['', 'sha256:', `sha256:${'g'.repeat(64)}`, `sha256:${'a'.repeat(64)},x=1`, `sha256:${'a'.repeat(64)}\n`])(
  '%j is no digest',
  (digest) => {
    expect(isDigest(digest)).toBe(false);
  },
);
