import { mkdir, rename as moveFolder, rmdir } from 'node:fs/promises';
import { command } from '../errors.ts';
import { folderOf } from '../port/apps.ts';
import { addFormerName } from '../port/former-names.ts';
import { ask } from '../port/git/git.ts';
import { relimitKeys } from '../port/keys/key-limits.ts';
import { appExists, imageNamed, notMoved } from '../port/messages/commands.ts';
import * as messages from '../port/messages/output.ts';
import { hint } from '../port/messages/text.ts';
import { pusherUrl } from '../port/pusher-address.ts';
import { diskTrouble } from '../port/system-errors.ts';
import { APP } from './arguments.ts';
import { lockIdle, type MovableApp, openMovableApp } from './movable-app.ts';
import type { AdminCommand } from './spec.ts';
import { print } from './stdout.ts';

export const rename: AdminCommand = {
  name: 'rename',
  summary: 'rename an app, with its records, logs and keys',
  who: 'admin',
  arguments: [APP, { name: 'new', meaning: 'the new name' }],
  async run([app, name]: [string, string]) {
    await renameApp(app, name);
  },
};

/** Keys that are limited to the old name follow: they must not open an app that gets the old name later. */
async function renameApp(app: string, name: string): Promise<void> {
  const named = await openMovableApp('rename', app);
  const target = folderOf(named.root, name);
  await checkImageName(app, named);
  await using _lock = await lockIdle(app, named.repository);
  const keys = await relimitKeys(
    (apps) => apps.map((each) => (each === app ? name : each)),
    async () => {
      await addFormerName(named.repository.state, app);
      await move(named.folder, target, name);
    },
  );
  print(messages.renamed(app, name, target));
  for (const key of keys) print(messages.keyRelimited(app, key));
  print(messages.newRemote(pusherUrl({}, name)));
  print(messages.oldImagesStay(app, name));
  if (named.repository.settings.afterBuild !== undefined) print(hint(messages.deployKeepsName(app, name)));
}

/** If a setting names the image, the folder's name has no effect, and two apps might push to one image. */
async function checkImageName(app: string, { repository }: MovableApp): Promise<void> {
  const set = (await ask(repository.git, 'config', '--get', 'doskara.app'))?.trim();
  if (set === undefined) return;
  throw imageNamed(set, app);
}

/** The empty folder takes the name as `doskara create` does; rename(2) puts the repository in its place. */
async function move(folder: string, target: string, name: string): Promise<void> {
  await mkdir(target).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? appExists(name, target, ['use another name; or first: ', command('destroy', name)])
      : (diskTrouble(error) ?? notMoved(folder, error));
  });
  await moveFolder(folder, target).catch(async (error: NodeJS.ErrnoException) => {
    await rmdir(target);
    throw diskTrouble(error) ?? notMoved(folder, error);
  });
}
