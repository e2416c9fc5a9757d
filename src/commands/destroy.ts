import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { clearSecrets } from '../builds/secrets.ts';
import { Trouble } from '../errors.ts';
import { publicKeyFile, type Relimited, relimitKeys, saveLimitedKeys } from '../port/keys/key-limits.ts';
import { noTerminal, notConfirmed } from '../port/messages/commands.ts';
import * as messages from '../port/messages/output.ts';
import * as secretMessages from '../port/messages/secrets.ts';
import { hint } from '../port/messages/text.ts';
import { Records } from '../port/records.ts';
import { moveToTrash, type Trashed } from '../port/trash.ts';
import { APP } from './arguments.ts';
import { lockIdle, type MovableApp, openMovableApp } from './movable-app.ts';
import type { AdminCommand } from './spec.ts';
import { print } from './stdout.ts';

/** The folder for keys, in the backup. */
const KEYS = 'keys';

export const destroy: AdminCommand = {
  name: 'destroy',
  summary: 'delete an app, keeping a backup; prints where',
  who: 'admin',
  arguments: [APP],
  options: [{ flags: '-y, --yes', meaning: 'do not ask for confirmation' }],
  async run([app]: [string], options: { yes?: boolean }) {
    await destroyApp(app, options);
  },
};

/** Also prints how to restore it. */
async function destroyApp(app: string, options: { yes?: boolean }): Promise<void> {
  const named = await openMovableApp('destroy', app);
  if (!options.yes) await confirmByName(messages.confirmDestroy(app), app, `doskara destroy ${app} --yes`);
  await using _lock = await lockIdle(app, named.repository);
  const builds = (await new Records(named.repository.state).numbers()).length;
  let keys: Relimited[] = [];
  const aside = await moveToTrash(named.root, app, named.folder, async (go, folder) => {
    await saveLimitedKeys(app, join(folder, KEYS));
    keys = await relimitKeys((apps) => apps.filter((each) => each !== app), go);
  });
  print(messages.destroyed(app, aside.folder));
  print(`  ${messages.backupContents(aside.bundle !== undefined, builds)}`);
  for (const key of keys) print(messages.keyRelimited(app, key));
  await removeSecrets(app, named, aside);
  const { app: image, afterBuild } = named.repository.settings;
  print(messages.imagesStay(image));
  if (afterBuild !== undefined) print(hint(messages.deployRunsOn(image)));
  print(messages.toRestore());
  for (const command of restoreCommands(app, named, aside, keys)) print(`  ${command}`);
}

async function removeSecrets(app: string, { repository }: MovableApp, { rest }: Trashed): Promise<void> {
  const warn = (lines: readonly string[]) => process.stderr.write(`${lines.join('\n')}\n`);
  try {
    const told = await clearSecrets(repository, join(rest, basename(repository.state)));
    if (told === undefined) return;
    const { done, failed, cacheId } = told;
    if (done.length > 0) print(secretMessages.secretsRemoved(app, done));
    if (failed.length > 0) warn(secretMessages.secretsLeft(app, cacheId, failed));
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    warn(secretMessages.secretsUnknown(app, error)); // the app is gone all the same
  }
}

/** Restores the records before the branches: reconcile would build a head without builds. */
function restoreCommands(app: string, { folder, who }: MovableApp, aside: Trashed, keys: Relimited[]): string[] {
  const { rest, bundle } = aside;
  const as = asOwner(who);
  const fetch = `${as}git -C ${shellWord(folder)} fetch ${shellWord(bundle ?? '')} 'refs/*:refs/*'`;
  return [
    `doskara create ${app}`,
    `${as}cp -a ${shellWord(`${rest}/.`)} ${shellWord(folder)}`,
    ...(bundle === undefined ? [] : [fetch]),
    ...keys.map(({ key, before }) => {
      const file = publicKeyFile(join(aside.folder, KEYS), key);
      return `doskara key add ${key} ${shellWord(file)} --apps ${before.join(',')}`;
    }),
  ];
}

/** Root must run git as the repositories' owner, as we did: git refuses repositories of other users. */
function asOwner(who: string): string {
  const { username } = userInfo();
  if (who === username) return '';
  return process.env['SUDO_USER'] === undefined ? `runuser -u ${username} -- ` : `sudo -u ${username} `;
}

function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Asks for a name on the terminal. A Trouble (exit code 2) for any other answer, and without a terminal. */
async function confirmByName(question: string, name: string, hint: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw noTerminal(hint);
  process.stdout.write(question);
  const answer = await readLine();
  if (answer === undefined) process.stdout.write('\n');
  if (answer?.trim() !== name) throw notConfirmed(name, hint);
}

/** undefined: Ctrl-D. An open stdin would keep the process alive. */
async function readLine(): Promise<string | undefined> {
  try {
    for await (const line of createInterface({ input: process.stdin })) return line;
    return undefined;
  } finally {
    process.stdin.destroy();
  }
}
