import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noteArrival, takeAppLock } from '../../../src/factory/app-lock.ts';
import type { Output } from '../../../src/factory/output.ts';

test('a directory in place of the lock file is an error with the command that removes it', async () => {
  const path = mkdtempSync(join(tmpdir(), 'doskara-lock-'));
  const taking = takeAppLock({
    ...{ app: 'shop', tag: undefined, path, arrival: await noteArrival() },
    ...{ output: {} as Output, signal: new AbortController().signal },
  });
  await expect(taking).rejects.toMatchObject({
    exitCode: 4,
    code: 'lock-unusable',
    hint: { forAdmin: `on the factory: rm -rf -- ${path}` },
  });
  rmSync(path, { recursive: true });
});

test('a build that came before the one that pushed last gives up, unless that was for another tag', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doskara-lock-'));
  const path = join(folder, 'shop');
  const arrivals = [await noteArrival(), await noteArrival(), await noteArrival()] as const;
  const take = async (index: 0 | 1 | 2, tag: string | undefined) => {
    const order = { app: 'shop', tag, path, arrival: arrivals[index], output: {} as Output };
    await using lock = await takeAppLock({ ...order, signal: new AbortController().signal });
    await lock.markPushing();
  };
  writeFileSync(path, '00000000-0000-0000-0000-000000000000 99999999999999999999\n?');
  await take(1, undefined);
  expect(readFileSync(path, 'utf8')).toBe(`${arrivals[1].bootId} ${arrivals[1].time}`); // as older runners wrote it
  await expect(take(0, undefined)).rejects.toMatchObject({ code: 'overtaken' });
  await take(0, 'v1');
  await take(2, undefined);
  await take(1, 'v1');
  await expect(take(0, 'v1')).rejects.toMatchObject({ code: 'overtaken' });
  rmSync(folder, { recursive: true });
});
