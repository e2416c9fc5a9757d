import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { becomeOwner } from '../drop-privileges.ts';
import { command } from '../errors.ts';
import { folderOf, readRoot } from '../port/apps.ts';
import { makeCacheId } from '../port/cache-id.ts';
import { openGit } from '../port/git/git.ts';
import { installHooks } from '../port/git/hooks.ts';
import { appExists, notCreated, wrongArgs } from '../port/messages/commands.ts';
import { created } from '../port/messages/output.ts';
import { pusherUrl } from '../port/pusher-address.ts';
import { findProblem, writeSetting } from '../port/setting-states.ts';
import { PORT_SETTINGS } from '../port/settings.ts';
import { asTrouble, diskTrouble } from '../port/system-errors.ts';
import type { InstalledPaths } from './installed-paths.ts';
import type { AdminCommand } from './spec.ts';
import { print } from './stdout.ts';

interface CreateOptions {
  gate?: boolean;
  folder?: string;
}

export const create: AdminCommand = {
  name: 'create',
  summary: 'create a bare repository for an app',
  who: 'admin',
  arguments: [{ name: 'app' }],
  options: [
    { flags: '--gate', meaning: 'accept a push only after it has been built' },
    { flags: '--folder <path>', meaning: 'the app is this folder of the repository, such as services/api' },
  ],
  async run([app]: [string], options: CreateOptions, { installed }) {
    await createApp(app, options, installed);
  },
};

async function createApp(app: string, options: CreateOptions, { hook, gate }: InstalledPaths): Promise<void> {
  const problem =
    options.folder === undefined ? undefined : findProblem('folder', PORT_SETTINGS.folder, options.folder);
  if (problem !== undefined) throw wrongArgs('create', ['<app>', '--folder', '<path>'], problem);
  const root = await readRoot();
  const folder = folderOf(root, app);
  await becomeOwner([root]);
  // of two runs at once only one makes the folder, and cleans it up
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? appExists(app, folder, ['its hook: ', command('hook', 'status', app)])
      : (diskTrouble(error) ?? notCreated(folder, error));
  });
  try {
    const git = openGit(root);
    // HEAD names the branch to build; git refuses to delete it
    await git('init', '--quiet', '--bare', '--initial-branch=main', folder);
    if (options.gate) await openGit(folder)('config', 'doskara.gate', 'true');
    if (options.folder !== undefined) await writeSetting(openGit(folder), folder, 'folder', [options.folder]);
    await installHooks(folder, { hook, gate });
    const state = join(folder, 'doskara');
    await mkdir(state, { mode: 0o700 });
    await makeCacheId(state);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw asTrouble(error, folder);
  }
  print(created(folder));
  print(`git remote add doskara ${pusherUrl({}, app)}`);
}
