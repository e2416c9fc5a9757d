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
        1, // this dockerd may hang for good when containers end at the same time: https://github.com/moby/moby/issues/46661
      ),
    ],
  },
});

/** `maxWorkers`: many are waiting most of the time. */
function endToEnd(name: string, release: Release, include: string[], maxWorkers = 4): TestProjectConfiguration {
  return {
    test: {
      name,
      include,
      provide: { release },
      globalSetup: 'test/rig/global-setup.ts',
      testTimeout: 120_000,
      hookTimeout: 120_000,
      maxWorkers,
      isolate: false, // a new worker loads the rig again: a second of CPU for each file
      sequence: { groupOrder: 1 }, // after the unit tests, which have their own workers
    },
  };
}
