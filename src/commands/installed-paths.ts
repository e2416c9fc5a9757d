import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualBeside } from './manual/pages.ts';

/** Where our own programs and pages are installed. */
export interface InstalledPaths {
  /** The post-receive hook that repositories link to. */
  hook: string;
  /** The pre-receive hook that repositories with the gate link to as well. */
  gate: string;
  /** The `doskara` that forced commands in authorized_keys run. */
  doskara: string;
  /** The folder of the manual's pages. */
  manual: string;
}

/** All are in the folder of the bundle that runs. `bundle`: its URL. */
export function installedPaths(bundle: string): InstalledPaths {
  const folder = dirname(fileURLToPath(bundle));
  return {
    hook: join(folder, 'post-receive'),
    gate: join(folder, 'pre-receive'),
    doskara: join(folder, 'doskara'),
    manual: manualBeside(bundle),
  };
}
