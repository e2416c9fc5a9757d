import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The hook's sh alone, beside a node that shows that it was started, and with what. */
const NODE = `#!/bin/sh
: >"$HOME/started"
echo left to node
printf %s "$DOSKARA_UPDATES"
cat
`;

/** Makes the folder, and returns the hook's path in it. */
export function makeHookBySh(folder: string, node = NODE): string {
  const hook = join(folder, 'post-receive');
  mkdirSync(folder, { recursive: true });
  copyFileSync('dist/post-receive', hook);
  writeFileSync(join(folder, 'node'), node);
  for (const file of [hook, join(folder, 'node')]) chmodSync(file, 0o755);
  return hook;
}

export const OLD = 'a'.repeat(40);
export const NEW = 'b'.repeat(40);

export const leftToNode = (stdin: string) => `left to node\n${stdin.trimEnd()}`;
