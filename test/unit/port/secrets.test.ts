import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/exit-codes.ts';
import { makeCacheId, readCacheId } from '../../../src/port/cache-id.ts';
import { changeSecrets, type KnownSecret, readSecrets } from '../../../src/port/secrets.ts';

const state = mkdtempSync(join(tmpdir(), 'secrets-'));
afterAll(() => rmSync(state, { recursive: true }));

const secret = (name: string, more: Partial<KnownSecret> = {}): KnownSecret => ({
  ...{ name, set: '2030-01-01T00:00:00.000Z', factories: ['a'], older: [] },
  ...more,
});
const save = (after: KnownSecret[]) => changeSecrets(state, async () => ({ after, result: undefined }));

test('a list holds secrets in order of their names, without those that were removed everywhere', async () => {
  expect(await readSecrets(state)).toEqual([]);
  const unset = secret('A', { factories: [], older: ['a'] });
  const left = secret('C', { factories: [], older: ['a'], removed: true });
  await save([secret('ssh'), left, secret('B', { factories: [], removed: true }), unset]);
  expect(await readSecrets(state)).toEqual([unset, left, secret('ssh')]);
});

describe('a damaged file is named with a next step, and not changed:', () => {
  const whole = JSON.stringify([secret('A')]);
  test.each([
    '',
    whole.slice(0, -10),
    'null',
    '{}',
    '[null]',
    '[{}]',
    JSON.stringify([secret('A'), { ...secret('B'), factories: 'a' }]),
    JSON.stringify([secret('A,src=/etc/shadow')]),
  ])('%j', async (text) => {
    const file = join(state, 'secrets.json');
    writeFileSync(file, text);
    const damaged = {
      ...{ code: 'secrets-damaged', exitCode: EXIT.factory, message: expect.stringContaining(file) },
      hint: { forAdmin: expect.stringContaining('doskara secret set') },
    };
    await expect(readSecrets(state)).rejects.toMatchObject(damaged);
    await expect(save([secret('A')])).rejects.toMatchObject(damaged);
  });

  test('that of the id', async () => {
    await makeCacheId(state);
    const id = await readCacheId(state);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const file = join(state, 'cache-id');
    writeFileSync(file, String(id).slice(1));
    await expect(readCacheId(state)).rejects.toMatchObject({
      ...{ code: 'cache-id-damaged', exitCode: EXIT.factory, message: expect.stringContaining(file) },
      hint: { forAdmin: expect.stringContaining('doskara secret set') },
    });
  });
});
