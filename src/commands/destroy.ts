import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { publicKeyFile, type Relimited, relimitKeys, saveLimitedKeys } from '../port/keys/key-limits.ts';
import { noTerminal, notConfirmed } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { moveToTrash, type Trashed } from '../port/trash.ts';
import type { Installed } from './installed-paths.ts';
import { lockIdle, type NamedApp, openNamedApp } from './named-app.ts';

/** The folder for keys, in that which is put aside. */
const KEYS = 'keys';

/** `doskara destroy <app> [--yes]`: takes an app away, and says where what it was lies and how it comes back. */
export async function destroy(app: string, options: { yes?: boolean }, { print }: Installed): Promise<void> {
  const named = await openNamedApp('destroy', app);
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

/** What was put aside goes in first: a head without its builds would be built by reconcile. */
function waysBack(app: string, { folder, who }: NamedApp, aside: Trashed, keys: Relimited[]): string[] {
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

/** Root has become the repositories' owner here, and has to there: git trusts no repository of somebody else. */
function asOwner(who: string): string {
  const { username } = userInfo();
  if (who === username) return '';
  return process.env['SUDO_USER'] === undefined ? `runuser -u ${username} -- ` : `sudo -u ${username} `;
}

function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Has somebody at a terminal type a name. Without a terminal, and for any other answer, it is a Trouble. */
export async function confirmByName(question: string, name: string, hint: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw noTerminal(hint);
  process.stdout.write(question);
  const answer = await readLine();
  if (answer === undefined) process.stdout.write('\n');
  if (answer?.trim() !== name) throw notConfirmed(name, hint);
}

/** undefined: Ctrl-D. A terminal that stays open to be read would keep us from ending. */
async function readLine(): Promise<string | undefined> {
  try {
    for await (const line of createInterface({ input: process.stdin })) return line;
    return undefined;
  } finally {
    process.stdin.destroy();
  }
}
