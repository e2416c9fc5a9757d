import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { Platform } from './platform.ts';

/** A platform for the tests of one file. */
export function usePlatform(factoryEnv: Record<string, string> = {}): { readonly platform: Platform } {
  let platform: Platform | undefined;
  beforeAll(async () => {
    platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-test-')), inject('shared'), factoryEnv);
  });
  afterAll(async () => {
    await platform?.stop();
  });
  return {
    get platform() {
      if (platform === undefined) throw new Error('the platform has not been started');
      return platform;
    },
  };
}
