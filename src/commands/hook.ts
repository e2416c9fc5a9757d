import { basename } from 'node:path';
import { becomeOwner } from '../drop-privileges.ts';
import { findRepository, listRepositories } from '../port/apps.ts';
import { type HooksState, installHooks, readHooks, removeHooks } from '../port/git/hooks.ts';
import { whichRepositories } from '../port/messages/commands.ts';
import * as messages from '../port/messages/output.ts';
import { hint } from '../port/messages/text.ts';
import { JSON_OPTION } from './arguments.ts';
import type { AdminCommand, AdminSession, CommandGroup } from './spec.ts';
import { print } from './stdout.ts';
import { formatTable } from './table.ts';

const ACTIONS = { install: installHooks, remove: removeHooks, status: readHooks };

export const hook: CommandGroup = {
  name: 'hook',
  summary: 'install, remove or check the hook of repositories',
  subcommands: [
    subcommand('install', 'install the hook; an existing hook is kept and runs first'),
    subcommand('remove', 'remove the hook and restore the previous one'),
    subcommand('status', 'show which hook a repository has'),
  ],
};

interface HookOptions {
  all?: boolean;
  json?: boolean;
}

function subcommand(name: keyof typeof ACTIONS, summary: string): AdminCommand {
  return {
    name,
    summary,
    who: 'admin',
    arguments: [
      {
        name: 'repo',
        meaning: 'apps, or paths of bare repositories',
        optional: true,
        variadic: true,
        completes: 'repos',
      },
    ],
    options: [{ flags: '--all', meaning: 'all repositories on this port' }, JSON_OPTION],
    async run([repositories]: [string[]], options: HookOptions, session) {
      await runHook(name, repositories, options, session);
    },
  };
}

async function runHook(
  action: keyof typeof ACTIONS,
  args: string[],
  options: HookOptions,
  { installed, width }: AdminSession,
): Promise<void> {
  if (args.length > 0 === (options.all ?? false)) throw whichRepositories(action);
  const repositories = options.all ? await listRepositories() : await Promise.all(args.map(findRepository));
  await becomeOwner(repositories);
  const found: ({ repository: string } & HooksState)[] = [];
  for (const repository of repositories) found.push({ repository, ...(await ACTIONS[action](repository, installed)) });
  if (options.json) return print(JSON.stringify(found));
  const rows = found.map(({ repository, state, gate }) => [
    basename(repository),
    messages.hookState(state, gate),
    repository,
  ]);
  formatTable(['app', 'hook', 'repository'], rows, width).forEach(print);
  for (const { repository, gate } of found)
    if (gate.startsWith('not ')) process.stderr.write(`${hint(messages.repairHook(repository))}\n`);
}
