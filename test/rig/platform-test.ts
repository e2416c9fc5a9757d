import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { Platform } from './platform.ts';
import { asRoot } from './processes.ts';
import { startWarehouse, type Warehouse } from './warehouse.ts';

interface Used {
  readonly platform: Platform;
  readonly warehouse: Warehouse;
}

/** A platform for the tests of one file. It has its own registry, so app names need not be unique across files. */
export function usePlatform(factoryEnv: Record<string, string> = {}): Used {
  let platform: Platform | undefined;
  let warehouse: Warehouse | undefined;
  let images = '';
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doskara-test-'));
    images = mkdtempSync(join(tmpdir(), 'doskara-images-')); // not inside the platform's directory
    warehouse = await startWarehouse(images);
    platform = await Platform.start(folder, { ...inject('shared'), registry: warehouse.registry }, factoryEnv);
  });
  afterAll(async () => {
    await warehouse?.stop();
    await platform?.stop();
    await asRoot('rm', '-rf', images);
  });
  return {
    get platform() {
      if (platform === undefined) throw new Error('the platform has not been started');
      return platform;
    },
    get warehouse() {
      if (warehouse === undefined) throw new Error('the warehouse has not been started');
      return warehouse;
    },
  };
}
