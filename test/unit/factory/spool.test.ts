import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSpool } from '../../../src/factory/spool.ts';
import { takeLock } from '../../../src/lock.ts';

const root = mkdtempSync(join(tmpdir(), 'doskara-spool-'));
afterAll(() => rmSync(root, { recursive: true }));

// buildx chooses a pod of Kubernetes by a hash of the path, and BuildKit keeps one copy of a context for each
test('the path of the build context is the same for every build of an app', async () => {
  const folders: string[] = [];
  for (const content of ['a', 'b']) {
    await using spool = await openSpool(root, 'shop');
    await using context = await spool.makeContext((path) => writeFile(join(path, 'file'), content));
    folders.push(context.folder);
  }
  expect(folders).toEqual([join(root, 'contexts/shop'), join(root, 'contexts/shop')]);
});

test('the build context of a killed build is removed by the next one of any app, unless its app is being built', async () => {
  const shop = await openSpool(root, 'shop');
  const { folder } = await shop.makeContext((path) => writeFile(join(path, 'left'), ''));
  {
    await using _building = await takeLock(shop.lockFile, () => {});
    await using _blog = await openSpool(root, 'blog');
    expect(existsSync(folder)).toBe(true);
  }
  await using _blog = await openSpool(root, 'blog2');
  expect(existsSync(folder)).toBe(false);
});
