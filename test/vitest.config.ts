import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { LongestFirst } from './rig/longest-first.ts';
import { enterMachine } from './rig/machine/enter.ts';
import type { Release } from './rig/release.ts';
import unit from './vitest.unit.config.ts';

/** Tests that depend on the Docker version: `npm run test:docker.io` runs them on this system's own docker.io. */
const OF_DOCKER = [
  'runner',
  'layers',
  'disk',
  'doctor-factory',
  'security-docker',
  'earlier-image',
  'loud',
  'check-image',
  'dockerfile-compared',
  'deps',
];

await enterMachine();

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      unit,
      endToEnd('e2e', 'forky', ['test/e2e/**/*.test.ts']),
      endToEnd(
        'e2e-docker.io',
        'system',
        OF_DOCKER.map((name) => `test/e2e/${name}.test.ts`),
      ),
    ],
  },
});

function endToEnd(name: string, release: Release, include: string[]): TestProjectConfiguration {
  return {
    test: {
      name,
      include,
      provide: { release },
      globalSetup: 'test/rig/global-setup.ts',
      testTimeout: 120_000,
      hookTimeout: 120_000,
      maxWorkers: 4, // many are waiting most of the time
      isolate: false, // a new worker loads the rig again: a second of CPU for each file
      sequence: { groupOrder: 1 }, // after the unit tests, which have their own workers
    },
  };
}
