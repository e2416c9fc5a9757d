import { basename } from 'node:path';
import { becomeOwner } from '../drop-privileges.ts';
import { findRepository, listRepositories } from '../port/apps.ts';
import type { HookState } from '../port/git/hook-files.ts';
import { type GateState, type HooksState, installHooks, readHooks, removeHooks } from '../port/git/hooks.ts';
import { whichRepositories } from '../port/messages/commands.ts';
import type { Installed } from './installed-paths.ts';
import { formatTable } from './table.ts';

const SENTENCES: Record<HookState, string> = {
  installed: 'hook installed',
  kept: 'hook installed; the one that was there runs first',
  foreign: "another hook, not Doskara's",
  none: 'no hook',
};

const GATE_SENTENCES: Record<GateState, string> = {
  on: '; gate',
  off: '',
  'not linked': '; warning: doskara.gate is set, but the gate is not in place',
  'not set': '; warning: the gate is in place, but doskara.gate is not set',
};

const ACTIONS = { install: installHooks, remove: removeHooks, status: readHooks };

/** `doskara hook install|remove|status <repo>…|--all` */
export async function hook(
  action: keyof typeof ACTIONS,
  args: string[],
  options: { all?: boolean; json?: boolean },
  { hook: postReceive, gate, print }: Installed,
): Promise<void> {
  if (args.length > 0 === (options.all ?? false)) throw whichRepositories(action);
  const repositories = options.all ? await listRepositories() : await Promise.all(args.map(findRepository));
  await becomeOwner(repositories);
  const found: ({ repository: string } & HooksState)[] = [];
  for (const repository of repositories)
    found.push({ repository, ...(await ACTIONS[action](repository, { hook: postReceive, gate })) });
  if (options.json) return print(JSON.stringify(found));
  const rows = found.map(({ repository, state, gate }) => [
    basename(repository),
    SENTENCES[state] + GATE_SENTENCES[gate],
    repository,
  ]);
  formatTable(['app', 'hook', 'repository'], rows, process.stdout.isTTY ? process.stdout.columns : undefined).forEach(
    print,
  );
  for (const { repository, gate } of found)
    if (gate.startsWith('not ')) process.stderr.write(`hint: to repair it: doskara hook install ${repository}\n`);
}
