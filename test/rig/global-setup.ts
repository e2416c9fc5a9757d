import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { describeEngine, startEngine } from './engine.ts';
import { isInside } from './machine/enter.ts';
import type { Shared } from './platform.ts';
import { asRoot } from './processes.ts';
import type { Release } from './release.ts';
import { startWarehouse } from './warehouse.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Docker release that a project's tests run on. */
    release: Release;
    shared: Shared;
  }
}

/** Starts one Docker Engine and one registry for all end-to-end tests of a project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!isInside()) throw new Error('the end-to-end tests start daemons, which needs root, or sudo without a password');
  const folder = mkdtempSync(join(tmpdir(), 'rig-'));
  const { release } = project.getProvidedContext();
  const engine = await startEngine(folder, release);
  const warehouse = await startWarehouse(folder);
  process.stderr.write(`${project.name}: ${await describeEngine(engine)}\n`);
  project.provide('shared', { docker: engine.docker, env: engine.env, registry: warehouse.registry });
  return async () => {
    await warehouse.stop();
    await engine.stop();
    await asRoot('rm', '-rf', folder);
  };
}
