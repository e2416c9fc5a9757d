import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Farm, onBuilder } from '../../../src/factory/choose-builder.ts';
import { builderLost } from '../../../src/factory/messages/docker.ts';
import { parseFactorySettings } from '../../../src/factory/read-settings.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-farm-'));
let warnings: string[] = [];
let spool = '';

beforeEach(() => {
  warnings = [];
  spool = mkdtempSync(join(root, 'spool-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Its buildx knows which builders answer; the home of the app `shop` is farm-2, then comes farm-1. */
function farmOf(answering: string): Farm {
  const buildx = join(spool, 'buildx');
  const answer = 'printf "Name: x\\nDriver: remote\\n\\nNodes:\\nName: x0\\nStatus: %s\\n"';
  writeFileSync(
    buildx,
    `#!/bin/sh\ncase " ${answering} " in *" $3 "*) ${answer} running;; *) ${answer} inactive;; esac\n`,
  );
  chmodSync(buildx, 0o700);
  const settings = parseFactorySettings({ DOSKARA_BUILDERS: 'farm-1 farm-2 farm-3', DOSKARA_SPOOL: spool }, {});
  const output = { warning: (text: string) => warnings.push(text) };
  return { settings, docker: { buildx: [buildx] }, output, signal: new AbortController().signal } as unknown as Farm;
}

const build = (answering: string, lost: readonly string[] = []) =>
  onBuilder(farmOf(answering), 'shop', async (builder) => {
    if (lost.includes(builder)) throw builderLost(builder, 'EOF');
    return builder;
  });

describe('an app is built', () => {
  test('at its home, without a word', async () => {
    expect(await build('farm-1 farm-2 farm-3')).toBe('farm-2');
    expect(warnings).toEqual([]);
  });

  test('on the next in its own order if its home does not answer, and the pusher is told each time', async () => {
    expect(await build('farm-1 farm-3')).toBe('farm-1');
    expect(await build('farm-1 farm-2 farm-3')).toBe('farm-1'); // it isn't asked again for a while
    const told = 'builder farm-2 does not answer; building on farm-1';
    expect(warnings).toEqual([told, told]);
  });

  test('on the last one that answers', async () => {
    expect(await build('farm-3')).toBe('farm-3');
    expect(warnings).toEqual(['builders farm-2, farm-1 do not answer; building on farm-3']);
  });

  test('at home again as soon as no other one answers', async () => {
    await build('farm-1');
    expect(await build('farm-2')).toBe('farm-2');
    expect(await build('farm-1 farm-2 farm-3')).toBe('farm-2');
  });

  test('once more where the builder is lost, and not a third time', async () => {
    expect(await build('farm-1 farm-2 farm-3', ['farm-2'])).toBe('farm-1');
    expect(warnings).toEqual(['builder farm-2 was lost: EOF; building again on farm-1']);
    rmSync(join(spool, 'silent-builders'), { recursive: true });
    await expect(build('farm-1 farm-2 farm-3', ['farm-2', 'farm-1'])).rejects.toMatchObject({
      exitCode: 4,
      message: 'builder farm-1 was lost: EOF',
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
  const settings = { ...farm.settings, builders: ['farm-1'] };
  expect(await onBuilder({ ...farm, settings }, 'shop', async (builder) => builder)).toBe('farm-1');
});

test('a spool without room for a queue is named, with the command that makes it', async () => {
  writeFileSync(join(spool, 'places'), '');
  await expect(build('farm-1 farm-2 farm-3')).rejects.toMatchObject({ exitCode: 4, code: 'spool-unusable' });
});
