/** The sh script that starts a bundle, and the work that it does first. */
import { readFile } from 'node:fs/promises';
import { startsLater } from '../port/messages/build.ts';
import { nothingBuilt, refStored, toBuildHead } from '../port/messages/push.ts';
import { hint } from '../port/messages/text.ts';
import { PORT_SETTINGS } from '../port/settings.ts';

/**
 * Follows symbolic links to its own folder (hooks are links), and runs the node there. V8's compiled code is cached in
 * the user's home, never in another's, by src/start.ts or by https://nodejs.org/api/module.html#module-compile-cache
 * A small young generation is collected often, and with it the buffers of streams: peak memory for a tree of 300 MB is
 * 83 MB instead of 111 (runner) and 96 MB instead of 134 (hook).
 */
export async function starter(name: string, bundle: string): Promise<string> {
  const node = 'exec "$here/node" --max-semi-space-size=1';
  const run = bundle.endsWith('.cjs')
    ? `${node} "$here/start.cjs" "$cache" "$here/${bundle}" "$@"`
    : `[ -z "$cache" ] || export NODE_COMPILE_CACHE="$cache"\n${node} "$here/${bundle}" "$@"`;
  const { first = '', then = '' } = (await ownSh())[name] ?? {};
  return `#!/bin/sh
${first}here=$(readlink -f "$0") && here=\${here%/*}
cache=
[ -O "\${HOME:-/}" ] && cache="$HOME/.cache/doskara/code"
${then}${run}
`;
}

/** `first` may answer by itself and exit. */
async function ownSh(): Promise<Record<string, { first?: string; then?: string }>> {
  const [serveGit = '', storeOnly = '', takeTurn = ''] = await Promise.all(
    ['src/commands/ssh/serve-git.sh', 'hooks/store-only.sh', 'hooks/take-turn.sh'].map((file) =>
      readFile(file, 'utf8'),
    ),
  );
  const then = `starts_later='-----> ${startsLater()}'\n${takeTurn}`;
  return {
    doskara: { first: serveGit },
    'pre-receive': { then },
    'post-receive': { first: `${WORDS}${storeOnly}`, then },
  };
}

/** Makes no difference to a push that builds nothing. */
const INDIFFERENT_SETTINGS = Object.keys(PORT_SETTINGS)
  .filter((name) => !['app', 'branch', 'color'].includes(name))
  .map((name) => `doskara.${name.toLowerCase()}`);

/** What sh prints, as formats of printf(1), of the hook's own messages. */
const WORDS = Object.entries({
  stored: refStored('%s', true, '%s', ['%s']),
  updated: refStored('%s', false, '%s', ['%s']),
  to_build_head: hint(toBuildHead('%s')),
  nothing_built: nothingBuilt('%s'),
  indifferent_settings: INDIFFERENT_SETTINGS.join(' '),
})
  .map(([name, words]) => `${name}='${words}'\n`)
  .join('');
