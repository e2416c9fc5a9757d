import { availableParallelism, totalmem } from 'node:os';
import { describe, expect, test } from 'vitest';
import { formatHint } from '../../../src/errors.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { parseFactorySettings } from '../../../src/factory/read-settings.ts';
import { troubleOf } from '../trouble.ts';

describe("the factory's settings", () => {
  test('have defaults, and are frozen', () => {
    const settings = parseFactorySettings({}, {});
    expect(settings).toMatchObject({
      registry: 'warehouse:5000',
      baseImage: 'debian:bookworm-slim',
      maxUnpacked: 4 * 1024 ** 3,
      maxEntries: 200_000,
      docker: 'docker',
      builders: [],
      maxBuilds: availableParallelism(),
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('come from the file, and the environment overrides it', () => {
    const file = { DOSKARA_REGISTRY: 'a:1', DOSKARA_DOCKER: 'podman', DOSKARA_MAX_UNPACKED: '1G' };
    const settings = parseFactorySettings(file, { DOSKARA_REGISTRY: 'b:2', DOSKARA_MAX_ENTRIES: '5' });
    expect(settings).toMatchObject({ registry: 'b:2', docker: 'podman', maxUnpacked: 1024 ** 3, maxEntries: 5 });
  });

  test.each([
    ['DOSKARA_REGISTRY', 'registry', 'localhost'],
    ['DOSKARA_REGISTRY', 'registry', '10.0.0.1:5000'],
    ['DOSKARA_REGISTRY', 'registry', 'images.example.com/team/my__apps'],
    ['DOSKARA_BASE_IMAGE', 'baseImage', 'node:24'],
    ['DOSKARA_BASE_IMAGE', 'baseImage', 'warehouse:5000/base/My_Image:1.2-3'],
    ['DOSKARA_BASE_IMAGE', 'baseImage', `debian@sha256:${'a'.repeat(64)}`],
    ['DOSKARA_DOCKER', 'docker', '/usr/bin/docker'],
    ['DOSKARA_SPOOL', 'spool', '/srv/spool'],
  ] as const)('%s sets %s, for example to %j', (key, property, value) => {
    expect(parseFactorySettings({ [key]: value }, {})[property]).toBe(value);
  });

  test.each([
    ['DOSKARA_REGISTRY', ''],
    ['DOSKARA_REGISTRY', 'http://warehouse:5000'],
    ['DOSKARA_REGISTRY', 'warehouse:5000/'],
    ['DOSKARA_REGISTRY', 'Warehouse'],
    ['DOSKARA_REGISTRY', 'a b'],
    ['DOSKARA_BASE_IMAGE', 'debian\nRUN reboot'],
    ['DOSKARA_BASE_IMAGE', 'debian AS x'],
    ['DOSKARA_BASE_IMAGE', '--platform=x'],
    ['DOSKARA_BASE_IMAGE', '${BASE}'],
    ['DOSKARA_DOCKER', 'docker --debug'],
    ['DOSKARA_BUILDERS', '--all'],
    ['DOSKARA_BUILDERS', 'builder-1 builder,2'],
    ['DOSKARA_BUILDER', 'a;b'],
    ['DOSKARA_MAX_BUILDS', '0'],
    ['DOSKARA_MAX_BUILDS', '1000'],
    ['DOSKARA_SPOOL', 'relative'],
    ['DOSKARA_MAX_UNPACKED', '4 GB'],
    ['DOSKARA_MAX_ENTRIES', 'many'],
    ['DOSKARA_MAX_ENTRIES', '-1'],
    ['DOSKARA_BUILD_MEMORY', '101%'],
    ['DOSKARA_BUILD_MEMORY', '0%'],
    ['DOSKARA_BUILD_MEMORY', '1M'],
    ['DOSKARA_BUILD_PROCESSES', '0'],
    ['DOSKARA_BUILD_CPU_WEIGHT', '10001'],
    ['DOSKARA_CACHE_LIMIT', 'none'],
  ])('%s cannot be %j', (key, value) => {
    const trouble = troubleOf(() => parseFactorySettings({}, { [key]: value }));
    expect(trouble).toMatchObject({ code: 'bad-settings', exitCode: EXIT.usage });
    expect(trouble.message).toContain(`${key}=${JSON.stringify(value)} should be `);
  });
});

describe('builders', () => {
  test.each<[NodeJS.Dict<string>, NodeJS.Dict<string>, string[]]>([
    [{ DOSKARA_BUILDERS: ' builder-1  builder.2 builder-1 ' }, {}, ['builder-1', 'builder.2']],
    [{ DOSKARA_BUILDER: 'builder-1' }, {}, ['builder-1']],
    [{ DOSKARA_BUILDER: 'builder-1', DOSKARA_BUILDERS: 'builder-2 builder-3' }, {}, ['builder-2', 'builder-3']],
    [{ DOSKARA_BUILDERS: 'builder-1 builder-2' }, { DOSKARA_BUILDER: 'builder-3' }, ['builder-3']],
    [{ DOSKARA_BUILDERS: 'builder-1' }, { DOSKARA_BUILDERS: '' }, []],
  ])('of the file %j and the environment %j are %j', (file, env, builders) => {
    expect(parseFactorySettings(file, env).builders).toEqual(builders);
  });
});

test("a percentage of memory is one of this machine's memory", () => {
  const share = (value: string) => parseFactorySettings({}, { DOSKARA_BUILD_MEMORY: value }).buildMemory / totalmem();
  expect([share('75%'), share('100%')].map((part) => part.toFixed(3))).toEqual(['0.750', '1.000']);
  expect(parseFactorySettings({}, { DOSKARA_BUILD_MEMORY: '4G' }).buildMemory).toBe(4 * 1024 ** 3);
});

describe('invalid settings', () => {
  test('are all reported at once, with the file to fix', () => {
    const file = { DOSKARA_REGISTRI: 'x', DOSKARA_SPOOL: 'here', DOSKARA_REGISTRY: '' };
    const trouble = troubleOf(() => parseFactorySettings(file, {}, '/etc/some.env'));
    expect(trouble.message.split('; ')).toEqual([
      'DOSKARA_REGISTRI is not a setting',
      'DOSKARA_REGISTRY="" should be HOST[:PORT][/PATH]',
      'DOSKARA_SPOOL="here" should be an absolute path',
    ]);
    expect(formatHint(trouble.hint ?? '')).toContain('/etc/some.env');
  });

  test("are not reported for variables that are not Doskara's", () => {
    const settings = parseFactorySettings({ DOCKER_HOST: 'tcp://x' }, { DOSKARA_APP: 'x', PATH: '/bin' });
    expect(settings).toEqual(parseFactorySettings({}, {}));
  });
});
