import { describe, expect, test } from 'vitest';
import { parseBuilder, parseMachine } from '../../../../src/factory/docker/builder-state.ts';

const GiB = 1024 ** 3;

/** As buildx 0.29 prints it. */
const NODE = `Name:             builder-10
Endpoint:         ssh://builder-1
Driver Options:   memory="4g"
Status:           running
BuildKit version: v0.25.1
Platforms:        linux/amd64*, linux/amd64/v2, linux/amd64/v3, linux/arm64
Labels:
 org.mobyproject.buildkit.worker.hostname: vm
GC Policy rule#0:
 All:            false
 Filters:        type==source.local,type==exec.cachemount
 Keep Duration:  48h0m0s
 Max Used Space: 3.346GiB
GC Policy rule#1:
 All:            true
 Reserved Space: 24.21GiB
 Max Used Space: 188.1GiB
 Min Free Space: 47.5GiB
`;
const HEAD = `Name:          builder-1
Driver:        docker-container
Last Activity: 2026-11-26 02:52:23 +0000 UTC
`;

describe('what buildx says of a builder', () => {
  test('is its versions, its platforms, and the limits of its cache', () => {
    expect(parseBuilder(`${HEAD}\nNodes:\n${NODE}`)).toEqual({
      driver: 'docker-container',
      trouble: undefined,
      versions: ['BuildKit v0.25.1'],
      platforms: ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3', 'linux/arm64'],
      cache: { maxUsed: Math.round(188.1 * GiB), minFree: 47.5 * GiB },
    });
  });

  test('may be little', () => {
    const node = 'Name: builder-10\nEndpoint: unix:///x\nStatus: running\nBuildkit: v0.0.0+unknown\n';
    expect(parseBuilder(`Name: builder-1\nDriver: remote\n\nNodes:\n${node}`)).toEqual({
      driver: 'remote',
      trouble: undefined,
      versions: [],
      platforms: [],
      cache: { maxUsed: undefined, minFree: undefined },
    });
  });

  test.each([
    [
      'one of its nodes does not run',
      `${NODE}\nName: builder-11\nEndpoint: x\nStatus: inactive\n`,
      'its node is inactive',
    ],
    ['a node has an error', 'Name: builder-10\nError: no such host\n', 'no such host'],
    ['it has no node', '', 'it has no node'],
  ])('is that it cannot build, if %s', (_, nodes, trouble) => {
    expect(parseBuilder(`${HEAD}\nNodes:\n${nodes}`).trouble).toBe(trouble);
  });

  test('is why it cannot be asked', () => {
    expect(parseBuilder('Name: builder-1\nDriver: remote\nError: context deadline exceeded\n').trouble).toBe(
      'context deadline exceeded',
    );
    expect(parseBuilder('').trouble).toBe('it has no node');
  });
});

test.each([
  [
    '#5 [2/2] RUN df\n#5 0.312 Filesystem     1024-blocks    Used Available Capacity Mounted on\n#5 0.312 overlay          98425072 2048 1047552      1% /\n#5 0.313 0.10 0.20 0.30 1/234 567\n#5 DONE 0.3s\n',
    { free: 1047552 * 1024, load: '0.10' },
  ],
  ['#5 0.312 /bin/sh: df: not found\n#5 0.313 12.05 0.20 0.30 1/234 567\n', { free: undefined, load: '12.05' }],
  ['ERROR: nothing', { free: undefined, load: undefined }],
])('of the output %j of a step, its machine is %j', (output, machine) => {
  expect(parseMachine(output)).toEqual(machine);
});
