import { mkdtempSync, rmSync } from 'node:fs';
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
