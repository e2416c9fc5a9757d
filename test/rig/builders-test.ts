import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import { addBuilder, type Builder, forgetSilences, nameFor, shareBaseImage } from './builder.ts';
import { type Engine, startEngine } from './engine.ts';
import type { Platform } from './platform.ts';
import { usePlatform } from './platform-test.ts';
import { asRoot } from './processes.ts';
import type { Warehouse } from './warehouse.ts';

interface UsedBuilders {
  readonly platform: Platform;
  readonly warehouse: Warehouse;
  readonly north: Builder;
  readonly south: Builder;
  /** The one behind south; behind north is the engine that all tests share. */
  readonly engine: Engine;
  /** An app's name with its home on that builder. */
  nameAt(home: 'north' | 'south', what: string): string;
}

const BUILDERS = ['north', 'south'] as const;

/** A platform whose factory has two builders, for the tests of one file. */
export function useBuilders(factoryEnv: Record<string, string> = {}): UsedBuilders {
  const use = usePlatform({ DOSKARA_BUILDERS: BUILDERS.join(' '), ...factoryEnv });
  const folder = mkdtempSync(join(tmpdir(), 'doskara-builders-'));
  let engine: Engine | undefined;
  let north: Builder | undefined;
  let south: Builder | undefined;
  beforeAll(async () => {
    await shareBaseImage(use.platform);
    engine = await startEngine(folder, inject('release'));
    north = await addBuilder(use.platform, 'north', use.platform.shared);
    south = await addBuilder(use.platform, 'south', engine);
  });
  afterAll(async () => {
    await north?.cut();
    await south?.cut();
    await engine?.stop();
    await asRoot('rm', '-rf', folder);
  });
  beforeEach(() => forgetSilences(use.platform));
  return {
    get platform() {
      return use.platform;
    },
    get warehouse() {
      return use.warehouse;
    },
    get north() {
      return started(north);
    },
    get south() {
      return started(south);
    },
    get engine() {
      return started(engine);
    },
    nameAt: (home, what) => nameFor(home, BUILDERS, what),
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the builders have not been started');
  return part;
}
