import { mkdir, rename, rmdir } from 'node:fs/promises';
import { command } from '../errors.ts';
import { folderOf } from '../port/apps.ts';
import { ask } from '../port/git/git.ts';
import { relimitKeys } from '../port/keys/key-limits.ts';
import { appExists, imageNamed, notMoved } from '../port/messages/commands.ts';
import { diskTrouble } from '../port/system-errors.ts';
import { pusherUrl } from './create.ts';
import type { Installed } from './installed-paths.ts';
import { lockIdle, type NamedApp, openNamedApp } from './named-app.ts';

/**
 * `doskara rename <app> <new>`: the repository, with its records and logs, under another name. Keys that are limited to
 * the old name move along: an app that gets the old name later is not theirs.
 */
export async function renameApp(app: string, name: string, { print }: Installed): Promise<void> {
  const named = await openNamedApp('rename', app);
  const target = folderOf(named.root, name);
  await checkImageName(named);
  await using _lock = await lockIdle(app, named.repository);
  const keys = await relimitKeys(
    (apps) => apps.map((each) => (each === app ? name : each)),
    () => move(named.folder, target, name),
  );
  print(`${app} is ${name} now: ${target}`);
  for (const { key, apps } of keys) print(`the key of ${key} is now limited to ${apps.join(', ')}`);
  print(`its pushers type: git remote set-url doskara ${pusherUrl(name)}`);
  print(`images of ${app} stay in the warehouse; the next push, or doskara replay ${name}, makes those of ${name}`);
}

/** Where a setting names the image, another folder would change nothing, and two apps might push to one image. */
async function checkImageName({ folder, repository }: NamedApp): Promise<void> {
  const set = (await ask(repository.git, 'config', '--get', 'doskara.app'))?.trim();
  if (set === undefined) return;
  throw imageNamed(set, folder);
}

/** The empty folder takes the name as `doskara create` does; rename(2) puts the repository in its place. */
async function move(folder: string, target: string, name: string): Promise<void> {
  await mkdir(target).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? appExists(name, target, ['use another name; or first: ', command('destroy', name)])
      : (diskTrouble(error) ?? notMoved(folder, error));
  });
  await rename(folder, target).catch(async (error: NodeJS.ErrnoException) => {
    await rmdir(target);
    throw diskTrouble(error) ?? notMoved(folder, error);
  });
}
