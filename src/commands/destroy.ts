import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { publicKeyFile, type Relimited, relimitKeys, saveLimitedKeys } from '../port/keys/key-limits.ts';
import { noTerminal, notConfirmed } from '../port/messages/commands.ts';
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
  const question = `This deletes ${app}: its repository, and the records and logs of its builds. A backup is kept.\nType the app's name to confirm: `;
  if (!options.yes) await confirmByName(question, app, `doskara destroy ${app} --yes`);
  await using _lock = await lockIdle(app, named.repository);
  const builds = (await new Records(named.repository.state).numbers()).length;
  let keys: Relimited[] = [];
  const aside = await moveToTrash(named.root, app, named.folder, async (go, folder) => {
    await saveLimitedKeys(app, join(folder, KEYS));
    keys = await relimitKeys((apps) => apps.filter((each) => each !== app), go);
  });
  print(`destroyed ${app}; its backup is in ${aside.folder}:`);
  print(`  ${contents(aside, builds)}`);
  keys.map((key) => sayKey(app, key)).forEach(print);
  print(`images of ${named.repository.settings.app} stay in the warehouse`);
  print('to restore it:');
  for (const command of waysBack(app, named, aside, keys)) print(`  ${command}`);
}

function contents({ bundle }: Trashed, builds: number): string {
  const rest = `settings, hooks, records and logs of ${builds} ${builds === 1 ? 'build' : 'builds'}`;
  return bundle === undefined
    ? `${rest}; no bundle, for it had no branch`
    : `branches and tags (a git bundle), ${rest}`;
}

function sayKey(app: string, { key, apps }: Relimited): string {
  return apps.length > 0
    ? `the key of ${key} is now limited to ${apps.join(', ')}`
    : `the key of ${key} was for ${app} alone: it is removed`;
}

/** The records come back before the branches: reconcile would build a head that has no builds. */
function waysBack(app: string, { folder, who }: MovableApp, aside: Trashed, keys: Relimited[]): string[] {
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

/** Root runs these as the repositories' owner, as we did: git refuses repositories of other users. */
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
