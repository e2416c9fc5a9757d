import { basename } from 'node:path';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { becomeOwner } from '../owner.ts';
import { findRepository, listRepositories } from '../port/apps.ts';
import { type HookState, installHook, readHookState, removeHook } from '../port/hook-files.ts';
import type { Surroundings } from './surroundings.ts';
import { formatTable } from './table.ts';

const SENTENCES: Record<HookState, string> = {
  installed: 'hook installed',
  kept: 'hook installed; the one that was there runs first',
  foreign: "another hook, not Doskara's",
  none: 'no hook',
};

const ACTIONS = { install: installHook, remove: removeHook, status: readHookState };

/** `doskara hook install|remove|status <repo>…|--all` */
export async function hook(
  action: keyof typeof ACTIONS,
  words: string[],
  options: { all?: boolean; json?: boolean },
  { hook: installed, print }: Surroundings,
): Promise<void> {
  if (words.length > 0 === (options.all ?? false)) throw nameThem(action);
  const repositories = options.all ? await listRepositories() : await Promise.all(words.map(findRepository));
  await becomeOwner(repositories);
  const found: { repository: string; state: HookState }[] = [];
  for (const repository of repositories)
    found.push({ repository, state: await ACTIONS[action](repository, installed) });
  if (options.json) return print(JSON.stringify(found));
  const rows = found.map(({ repository, state }) => [basename(repository), SENTENCES[state], repository]);
  formatTable(['app', 'hook', 'repository'], rows, process.stdout.isTTY ? process.stdout.columns : undefined).forEach(
    print,
  );
}

function nameThem(action: string): Trouble {
  return new Trouble('which-repositories', EXIT.usage, 'name repositories, or all of them with --all', {
    hint: `doskara hook ${action} myapp, or: doskara hook ${action} --all`,
  });
}
