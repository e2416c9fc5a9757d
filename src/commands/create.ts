import { mkdir, rm } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { becomeOwner } from '../drop-privileges.ts';
import { command } from '../errors.ts';
import { folderOf, readRoot } from '../port/apps.ts';
import { makeCacheId } from '../port/cache-id.ts';
import { openGit } from '../port/git/git.ts';
import { installHooks } from '../port/git/hooks.ts';
import { appExists, notCreated } from '../port/messages/commands.ts';
import { asTrouble, diskTrouble } from '../port/system-errors.ts';
import type { Installed } from './installed-paths.ts';

/** `doskara create [--gate] <app>`: a bare repository that builds what is pushed to its main, with the gate before git takes it. */
export async function create(
  app: string,
  options: { gate?: boolean },
  { hook, gate, print }: Installed,
): Promise<void> {
  const root = await readRoot();
  const folder = folderOf(root, app);
  await becomeOwner([root]);
  // of two that make the same app at once, one alone makes the folder, and cleans it up
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? appExists(app, folder, ['its hook: ', command('hook', 'status', app)])
      : (diskTrouble(error) ?? notCreated(folder, error));
  });
  try {
    const git = openGit(root);
    // HEAD decides which branch is built, and git refuses to delete it
    await git('init', '--quiet', '--bare', '--initial-branch=main', folder);
    const repository = openGit(folder);
    await repository('config', 'receive.fsckObjects', 'true');
    if (options.gate) await repository('config', 'doskara.gate', 'true');
    await installHooks(folder, { hook, gate });
    const state = join(folder, 'doskara');
    await mkdir(state, { mode: 0o700 });
    await makeCacheId(state);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw asTrouble(error, folder);
  }
  print(`created ${folder}`);
  print(`git remote add doskara ${pusherUrl(app)}`);
}

/** Where an app's pushers push to. */
export const pusherUrl = (app: string) => `${userInfo().username}@${hostname()}:${app}`;
