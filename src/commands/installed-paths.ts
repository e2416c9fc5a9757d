import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualBeside } from './manual/pages.ts';

/** What commands need of the world. */
export interface Installed {
  /** The installed post-receive hook, which repositories link to. */
  hook: string;
  /** The installed pre-receive hook, which those with the gate link to as well. */
  gate: string;
  /** The installed `doskara`, which forced commands name. */
  doskara: string;
  /** The folder of the manual's pages. */
  manual: string;
  print(line: string): void;
}

/** The bundles, the hook and the node that runs them lie in one folder. */
export function installedPaths(bundle: string): Installed {
  const folder = dirname(fileURLToPath(bundle));
  return {
    hook: join(folder, 'post-receive'),
    gate: join(folder, 'pre-receive'),
    doskara: join(folder, 'doskara'),
    manual: manualBeside(bundle),
    print: (line) => {
      process.stdout.write(`${line}\n`);
    },
  };
}
