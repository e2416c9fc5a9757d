import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEngine } from './engine.ts';
import { asRoot } from './processes.ts';
import { startWarehouse } from './warehouse.ts';

declare module 'vitest' {
  interface ProvidedContext {
    dockerHost: string;
    registry: string;
  }
}

/** One Docker Engine and one registry for all end-to-end tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'doskara-rig-'));
  const engine = await startEngine(folder);
  const warehouse = await startWarehouse(folder);
  project.provide('dockerHost', engine.host);
  project.provide('registry', warehouse.registry);
  return async () => {
    await warehouse.stop();
    await engine.stop();
    await asRoot('rm', '-rf', folder);
  };
}
