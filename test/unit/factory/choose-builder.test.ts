import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Farm, onBuilder } from '../../../src/factory/choose-builder.ts';
import { checkExporter, type Demand } from '../../../src/factory/docker/demand.ts';
import { builderLost } from '../../../src/factory/messages/docker.ts';
import { parseFactorySettings } from '../../../src/factory/read-settings.ts';
import { PLAIN_IMAGE } from '../../../src/image-options.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-builders-'));
let warnings: string[] = [];
let spool = '';

beforeEach(() => {
  warnings = [];
  spool = mkdtempSync(join(root, 'spool-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const NONE = { buildkit: null, platforms: [] };
const ANY: Demand = { image: PLAIN_IMAGE, verify: undefined };

/** Its buildx knows which builders answer; the home of the app `shop` is builder-2, then comes builder-1. */
function farmOf(answering: string): Farm {
  const buildx = join(spool, 'buildx');
  const answer = `printf "Name: x\\nDriver: remote\\n\\nNodes:\\nName: x0\\nStatus: %s\\nBuildKit version: v0.2\${3#builder-}.0\\nPlatforms: linux/amd64*, linux/builder\${3#builder-}\\n"`;
  writeFileSync(
    buildx,
    `#!/bin/sh\ncase " ${answering} " in *" $3 "*) ${answer} running;; *) ${answer} inactive;; esac\n`,
  );
  chmodSync(buildx, 0o700);
  const settings = parseFactorySettings(
    { DOSKARA_BUILDERS: 'builder-1 builder-2 builder-3', DOSKARA_SPOOL: spool },
    {},
  );
  const output = { warning: (text: string) => warnings.push(text) };
  return {
    settings,
    docker: { buildx: [buildx], traits: NONE },
    output,
    signal: new AbortController().signal,
  } as unknown as Farm;
}

const build = (answering: string, lost: readonly string[] = [], demand = ANY) =>
  onBuilder(farmOf(answering), 'shop', demand, async ({ name }) => {
    if (lost.includes(name)) throw builderLost(name, 'EOF');
    return name;
  });

describe('an app is built', () => {
  test('at its home, without a word', async () => {
    expect(await build('builder-1 builder-2 builder-3')).toBe('builder-2');
    expect(warnings).toEqual([]);
  });

  test('on the next in its own order if its home does not answer, and the pusher is told each time', async () => {
    expect(await build('builder-1 builder-3')).toBe('builder-1');
    expect(await build('builder-1 builder-2 builder-3')).toBe('builder-1'); // it isn't asked again for a while
    const told = 'builder builder-2 does not answer; building on builder-1';
    expect(warnings).toEqual([told, told]);
  });

  test('on the last one that answers', async () => {
    expect(await build('builder-3')).toBe('builder-3');
    expect(warnings).toEqual(['builders builder-2, builder-1 do not answer; building on builder-3']);
  });

  test('at home again as soon as no other one answers', async () => {
    await build('builder-1');
    expect(await build('builder-2')).toBe('builder-2');
    expect(await build('builder-1 builder-2 builder-3')).toBe('builder-2');
  });

  test('once more where the builder is lost, and not a third time', async () => {
    expect(await build('builder-1 builder-2 builder-3', ['builder-2'])).toBe('builder-1');
    expect(warnings).toEqual(['builder builder-2 was lost: EOF; building again on builder-1']);
    rmSync(join(spool, 'silent-builders'), { recursive: true });
    await expect(build('builder-1 builder-2 builder-3', ['builder-2', 'builder-1'])).rejects.toMatchObject({
      exitCode: 4,
      message: 'builder builder-1 was lost: EOF',
    });
  });
});

test('nothing is built where no builder answers', async () => {
  await expect(build('')).rejects.toMatchObject({
    exitCode: 4,
    message: 'the factory cannot build: no builder answers',
    hint: { forAdmin: 'on the factory: /usr/local/doskara/build.sh --check' },
  });
});

test('one builder alone is not asked before each build', async () => {
  const farm = farmOf('');
  const settings = { ...farm.settings, builders: ['builder-1'] };
  expect(await onBuilder({ ...farm, settings }, 'shop', ANY, async ({ name }) => name)).toBe('builder-1');
});

describe('an image for platforms', () => {
  const on = (...platforms: string[]): Demand => ({ ...ANY, image: { ...PLAIN_IMAGE, platforms } });

  test('is built where all of them are', async () => {
    expect(await build('builder-1 builder-2 builder-3', [], on('linux/amd64', 'linux/builder3'))).toBe('builder-3');
    expect(await build('builder-1 builder-2 builder-3', [], on('linux/amd64'))).toBe('builder-2');
    expect(warnings).toEqual([]);
  });

  test.each([
    [['linux/amd64', 'linux/s390x'], 'linux/s390x'],
    [['linux/builder1', 'linux/builder3'], 'linux/builder1, linux/builder3'],
  ])('%j is refused where no builder has all of them', async (platforms, missing) => {
    const has = (n: number) => `builder builder-${n} has linux/amd64, linux/builder${n}`;
    await expect(build('builder-1 builder-2 builder-3', [], on(...platforms))).rejects.toMatchObject({
      exitCode: 4,
      message: `the factory cannot build for ${missing}: ${has(2)}; ${has(1)}; ${has(3)}`,
      hint: { forAdmin: expect.stringContaining('DOSKARA_BUILDERS') },
    });
  });

  test('needs a builder that pushes by itself', () => {
    expect(() => checkExporter(on('linux/arm64'), { builder: 'classic', exporter: 'moby' })).toThrow(
      'doskara.platforms needs buildx 0.22 or later',
    );
  });
});

describe('a build that is to be compared', () => {
  const verify = (buildkit: string | null): Demand => ({ ...ANY, verify: { digest: '', buildkit } });

  test('runs only where BuildKit is the same, and not another word is said', async () => {
    expect(await build('builder-1 builder-2 builder-3', [], verify('v0.23.0'))).toBe('builder-3');
    expect(warnings).toEqual([]);
  });

  test('is refused where none is, and both versions are named', async () => {
    await expect(build('builder-1 builder-2', [], verify('v0.19.0'))).rejects.toMatchObject({
      exitCode: 4,
      message:
        'cannot verify: the image was built by BuildKit v0.19.0, and builder builder-2 has BuildKit v0.22.0, builder builder-1 has BuildKit v0.21.0',
    });
    const { settings, ...farm } = farmOf('');
    const engine = { ...farm, settings: { ...settings, builders: [] } };
    const work = async () => 'built';
    expect(await onBuilder(engine, 'shop', verify(null), work)).toBe('built');
    await expect(onBuilder(engine, 'shop', verify('v0.25.1'), work)).rejects.toMatchObject({
      message:
        'cannot verify: the image was built by BuildKit v0.25.1, and the engine has a BuildKit of unknown version',
    });
  });
});

test('a reproducible image needs a BuildKit that can rewrite timestamps', async () => {
  const { settings, ...farm } = farmOf('');
  const demand = { ...ANY, image: { ...PLAIN_IMAGE, reproducible: true } };
  const on = (buildkit: string | null) =>
    onBuilder(
      { ...farm, docker: { ...farm.docker, traits: { ...NONE, buildkit } }, settings: { ...settings, builders: [] } },
      'shop',
      demand,
      async () => 'built',
    );
  expect([await on('v0.13.0'), await on(null)]).toEqual(['built', 'built']);
  await expect(on('v0.12.5')).rejects.toMatchObject({ exitCode: 4, code: 'buildkit-too-old' });
  expect(() => checkExporter(demand, { builder: 'buildx', exporter: 'image' })).not.toThrow();
  expect(() => checkExporter(demand, { builder: 'buildx', exporter: 'moby' })).toThrow('doskara.reproducible needs');
  expect(() => checkExporter(ANY, { builder: 'classic', exporter: 'moby' })).not.toThrow();
});

test('a spool without room for a queue is named, with the command that makes it', async () => {
  writeFileSync(join(spool, 'places'), '');
  await expect(build('builder-1 builder-2 builder-3')).rejects.toMatchObject({ exitCode: 4, code: 'spool-unusable' });
});
