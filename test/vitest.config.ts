import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { enterMachine } from './rig/machine/enter.ts';
import type { Release } from './rig/release.ts';

/** What depends on the Docker that builds: these run on this system's own docker.io, too. */
const OF_DOCKER = ['runner', 'layers', 'disk', 'doctor-factory', 'security-docker', 'replay', 'rollback', 'push'];

/**
 * On this system's own docker.io alone: BuildKit 0.25's plain progress now and then drops the rest of a line where 32 KiB
 * of output end, on a busy machine: seen in 4 of 15 builds of 10 MB, in a few lines of each.
 */
const OF_LOUD_BUILDS = 'disconnect';

const fileOf = (name: string): string => `test/e2e/${name}.test.ts`;

await enterMachine();

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      endToEnd('e2e', 'forky', ['test/e2e/**/*.test.ts'], [fileOf(OF_LOUD_BUILDS)]),
      endToEnd('e2e-docker.io', 'system', [...OF_DOCKER, OF_LOUD_BUILDS].map(fileOf)),
    ],
  },
});

function endToEnd(name: string, release: Release, include: string[], exclude: string[] = []): TestProjectConfiguration {
  return {
    test: {
      name,
      include,
      exclude,
      provide: { release },
      globalSetup: 'test/rig/global-setup.ts',
      testTimeout: 120_000,
      hookTimeout: 120_000,
      maxWorkers: 2,
    },
  };
}
