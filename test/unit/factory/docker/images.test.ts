import { describe, expect, test } from 'vitest';
import { type ComparedImage, compareImages } from '../../../../src/factory/docker/compare-images.ts';
import { bytesOf, parseIndex, parseManifest } from '../../../../src/factory/docker/manifest.ts';

const blob = (digest: string, size = 1) => ({ digest, size, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' });

describe('a manifest', () => {
  test('has a configuration and layers, each with its size', () => {
    const manifest = { config: blob('c', 5), layers: [blob('l', 7), blob('m', 8)] };
    const image = parseManifest(JSON.stringify(manifest), 'd');
    expect(image).toEqual({ digest: 'd', platform: null, ...manifest });
    expect(bytesOf(image === undefined ? [] : [image, image])).toBe(20);
  });

  test.each([
    '{"config": {"size": "x"}, "layers": []}',
    '{"layers": []}',
    '{"config": {"digest": "c", "size": 1, "mediaType": ""}, "layers": [null]}',
    '{"config": {"digest": "c", "size": -1, "mediaType": ""}, "layers": []}',
    '{"manifests": []}',
    '[]',
    'null',
    'no json',
  ])('is not %j', (json) => {
    expect(parseManifest(json, 'd')).toBeUndefined();
  });
});

test.each<[string, [string, string | null][] | undefined]>([
  ['{"layers": []}', undefined],
  ['', undefined],
  ['{"manifests": [null, 5, {"digest": 5}]}', []],
  ['{"manifests": [{"digest": "a"}]}', [['a', null]]],
  [
    JSON.stringify({
      manifests: [
        { digest: 'a', platform: { architecture: 'amd64', os: 'linux' } },
        { digest: 'b', platform: { architecture: 'arm', os: 'linux', variant: 'v7' } },
        { digest: 'x', platform: { architecture: 'unknown', os: 'unknown' } },
      ],
    }),
    [
      ['a', 'linux/amd64'],
      ['b', 'linux/arm/v7'],
    ],
  ],
])('an index lists images by their platforms, and attestations do not count: %j', (json, expected) => {
  expect(parseIndex(json)?.map(({ digest, platform }) => [digest, platform])).toEqual(expected);
});

describe('two builds of a commit', () => {
  const STEPS = [
    'WORKDIR /app',
    'RUN |2 DOSKARA_APP=a X=/bin /bin/sh -c du -sk /x; "$@" build /bin/sh -e ./build.sh # buildkit',
    'RUN |1 A=b c /bin/sh -c npm ci # buildkit',
  ];
  const image = (digest: string, layers: string[], platform: string | null = null): ComparedImage => ({
    digest,
    platform,
    config: blob(`c${digest}`),
    layers: layers.map((each) => blob(each)),
    steps: STEPS,
  });

  test('are the same if their digests are', () => {
    expect(compareImages([image('d', ['a'])], [image('d', ['a'])])).toEqual({ reproduced: true, layers: [] });
    const index = [image('d', ['a'], 'linux/amd64'), image('e', ['b'], 'linux/arm64')];
    expect(compareImages(index, index.toReversed())).toEqual({ reproduced: true, layers: [] });
    expect(compareImages(index, index.slice(1))).toMatchObject({ reproduced: false });
    expect(compareImages([image('d', ['a'], 'linux/amd64')], [image('d', ['a'])])).toMatchObject({ reproduced: true });
  });

  test('differ by layers, each with its place and what made it', () => {
    const { reproduced, layers } = compareImages([image('d', ['a', 'b', 'c'])], [image('e', ['a', 'B', 'C'])]);
    expect(reproduced).toBe(false);
    expect(layers).toEqual([
      { platform: null, position: 2, of: 3, step: 'build.sh' },
      { platform: null, position: 3, of: 3, step: 'RUN /bin/sh -c npm ci' },
    ]);
  });

  test('may differ by their configuration alone', () => {
    expect(compareImages([image('d', ['a'])], [image('e', ['a'])])).toEqual({ reproduced: false, layers: [] });
  });
});
