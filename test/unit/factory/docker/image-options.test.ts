import { expect, test } from 'vitest';
import type { BuildxOrder } from '../../../../src/factory/docker/build-order.ts';
import {
  buildAndExport,
  buildAndLoad,
  buildAndPush,
  buildEnvironment,
} from '../../../../src/factory/docker/commands.ts';
import { type ImageOptions, PLAIN_IMAGE } from '../../../../src/image-options.ts';

const ORDER: BuildxOrder = {
  context: '/spool/x',
  image: { name: 'w/a', references: ['w/a:latest'], labels: {} },
  imageOptions: PLAIN_IMAGE,
  noCache: false,
  cgroup: undefined,
  exporter: 'image',
  builderName: '',
  cache: undefined,
  progress: 'rawjson',
  compression: 'gzip',
  metadataFile: '/m',
};
const REPRODUCIBLE = { ...PLAIN_IMAGE, reproducible: true };
const FOR_TWO = { ...PLAIN_IMAGE, platforms: ['linux/amd64', 'linux/arm64'] };
const ATTESTED = { ...PLAIN_IMAGE, attest: ['provenance', 'sbom'] as const };
const OUTPUT = '--output=type=image,"name=w/a:latest",push=true,store=false,oci-mediatypes=true,compression=gzip';

test.each<[Partial<ImageOptions>, string[], string]>([
  [{}, [], OUTPUT],
  [REPRODUCIBLE, [], `${OUTPUT},rewrite-timestamp=true`],
  [FOR_TWO, ['--platform=linux/amd64,linux/arm64'], OUTPUT],
  [ATTESTED, ['--attest=type=provenance,mode=min', '--attest=type=sbom'], `${OUTPUT},oci-artifact=false`],
])('an image with %j is built so', (options, more, output) => {
  const imageOptions = { ...PLAIN_IMAGE, ...options };
  const args = buildAndPush({ ...ORDER, imageOptions });
  expect(args).toEqual(['build', '--progress=rawjson', ...more, '--metadata-file=/m', output, '--', '/spool/x']);
});

test('a reproducible image has one time, the same for all commits', () => {
  expect(buildEnvironment('buildx', REPRODUCIBLE)).toMatchObject({ SOURCE_DATE_EPOCH: '315532801' });
  expect(buildEnvironment('buildx', PLAIN_IMAGE)).not.toHaveProperty('SOURCE_DATE_EPOCH');
});

test('an image to compare is left in a folder, and nothing is pushed', () => {
  const order = {
    ...ORDER,
    imageOptions: { ...FOR_TWO, ...ATTESTED, platforms: FOR_TWO.platforms, reproducible: true },
    noCache: true,
  };
  expect(buildAndExport(order, '/spool/image')).toEqual([
    ...['build', '--progress=rawjson', '--platform=linux/amd64,linux/arm64', '--no-cache'],
    '--output=type=oci,dest=/spool/image,tar=false,oci-mediatypes=true,compression=gzip,rewrite-timestamp=true',
    ...['--', '/spool/x'],
  ]);
});

test('an image to check is loaded for one platform', () => {
  const imageOptions = { ...ATTESTED, platforms: ['linux/arm64'] };
  const args = buildAndLoad({ ...ORDER, imageOptions });
  expect(args).toContain('--platform=linux/arm64');
  expect(args.join()).not.toContain('attest');
});
