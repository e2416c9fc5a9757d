/** Docker's command lines for the check of an app's image, as values. */
import type { BuildLimits } from '../limits.ts';

/** Makes a container to try an image: without network, and limited as a build is. Its output is kept nowhere. */
export const create = (
  app: string,
  platform: string | undefined,
  { memory, processes, cpuWeight }: BuildLimits,
): string[] => [
  'create',
  ...(platform === undefined ? [] : [`--platform=${platform}`]),
  '--rm',
  `--name=${container(app)}`,
  '--network=none',
  '--log-driver=none',
  `--memory=${memory}`,
  `--pids-limit=${processes}`,
  `--cpu-shares=${Math.max(2, Math.round((1024 * cpuWeight) / 100))}`,
  '--',
  reference(app),
];
export const start = (app: string): string[] => ['start', '--attach', container(app)];
export const remove = (app: string): string[] => ['rm', '--force', container(app)];
/** Forced: the engine may still be removing the container, which was started with --rm. */
export const removeImage = (app: string): string[] => ['image', 'rm', '--force', '--', reference(app)];
const container = (app: string): string => `doskara-check-${app}`;
/** Never pushed. */
export const reference = (app: string): string => `doskara-check/${app}:latest`;
