import { describe, expect, test } from 'vitest';
import { isAppName } from '../../../src/contract.ts';
import type { Builder } from '../../../src/factory/docker/builders.ts';
import { build, buildAndPush } from '../../../src/factory/docker/commands.ts';
import { dockerfile } from '../../../src/factory/image/dockerfile.ts';
import { planImage } from '../../../src/factory/image/tags-and-labels.ts';
import { parseFactorySettings } from '../../../src/factory/read-settings.ts';
import { PLAIN_IMAGE } from '../../../src/image-options.ts';
import { troubleOf } from '../trouble.ts';

const HOSTILE = [
  '-x',
  '--privileged',
  '--network=host',
  'a b',
  ' a',
  'a\nRUN reboot',
  'a\r\nRUN reboot',
  'a\n',
  'a\\\nRUN reboot',
  '# syntax=evil/frontend',
  'a"b',
  "a'b",
  'a`b`',
  '$(reboot)',
  '${HOME}',
  '$HOME',
  'a;b',
  'a&b',
  'a|b',
  'a>b',
  'a,target=/',
  'a=b',
  'a\tb',
  'a\u0000b',
  'a\u2028b',
  'a\u00e9',
  '[a]',
  '{"a":1}',
  '<<EOF',
];

/** Names are separated by spaces. */
const NAMES = ['a b', ' a'];

describe.each(['DOSKARA_REGISTRY', 'DOSKARA_BASE_IMAGE', 'DOSKARA_BUILDERS', 'DOSKARA_DOCKER', 'DOSKARA_SPOOL'])(
  'the setting %s',
  (key) => {
    const hostile = key === 'DOSKARA_BUILDERS' ? HOSTILE.filter((value) => !NAMES.includes(value)) : HOSTILE;
    test.each(hostile)('is never %j', (value) => {
      for (const [file, env] of [
        [{ [key]: value }, {}],
        [{}, { [key]: value }],
      ] as const)
        expect(troubleOf(() => parseFactorySettings(file, env)).message).toContain(key);
    });
  },
);

test.each([...HOSTILE, ''])('an app is never named %j', (value) => {
  expect(isAppName(value)).toBe(false);
});

/** The strangest values that the grammars accept. */
const STRANGE = {
  app: `0.0_0-0${'.x'.repeat(28)}`,
  registry: 'a-b.c:65535/d__e/f--g',
  baseImage: `A_b--c.d/e:f_.-g@sha256:${'0'.repeat(64)}`,
  builder: '_b.-',
};

describe('the strangest valid values', () => {
  const settings = parseFactorySettings(
    {},
    { DOSKARA_REGISTRY: STRANGE.registry, DOSKARA_BASE_IMAGE: STRANGE.baseImage, DOSKARA_BUILDERS: STRANGE.builder },
  );

  test('add no line to a Dockerfile and turn no instruction into another', () => {
    expect(isAppName(STRANGE.app)).toBe(true);
    const make = (app: string, baseImage: string) =>
      dockerfile({
        baseImage,
        app,
        commit: 'c'.repeat(64),
        commitTime: 1,
        reproducible: true,
        namesPlatforms: true,
        selfRunning: new Set(),
        usesPnpm: true,
        deps: 'deps-1.tar',
        tars: ['app.tar'],
        buildKit: true,
        noCache: false,
        cacheId: undefined,
        cacheLimit: settings.cacheLimit,
        secrets: [],
        ssh: false,
      });
    const instructions = (text: string) => text.split('\n').map((line) => line.split(' ')[0]);
    expect(instructions(make(STRANGE.app, settings.baseImage))).toEqual(instructions(make('a', 'b')));
  });

  test.each<Builder>(['classic', 'buildkit', 'buildx'])('do not become an option of docker build (%s)', (builder) => {
    const args = (app: string, registry: string, builderName: string) => {
      const image = planImage(registry, app, 'c'.repeat(40), 1);
      const order = {
        context: '/spool/x',
        image,
        imageOptions: PLAIN_IMAGE,
        noCache: false,
        cgroup: `/doskara.slice/app-${app}`,
      };
      const buildx = {
        exporter: 'image',
        builderName,
        cache: undefined,
        progress: 'plain',
        compression: 'zstd',
        metadataFile: '/spool/m',
      } as const;
      return builder === 'buildx' ? buildAndPush({ ...order, ...buildx }) : build(builder, order);
    };
    const options = (all: string[]) => all.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0]);
    expect(options(args(STRANGE.app, settings.registry, STRANGE.builder))).toEqual(options(args('a', 'b', 'c')));
    expect(args(STRANGE.app, settings.registry, STRANGE.builder).slice(-2)).toEqual(['--', '/spool/x']);
  });
});
