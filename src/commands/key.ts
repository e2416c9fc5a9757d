import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { becomeOwner } from '../drop-privileges.ts';
import { parseApps } from '../key-limit.ts';
import { findMissing, readRoot } from '../port/apps.ts';
import {
  addKey,
  authorizedKeysFile,
  countForeignLines,
  fingerprintOf,
  listKeys,
  removeKey,
} from '../port/keys/authorized-keys.ts';
import * as messages from '../port/messages/keys.ts';
import { keyUnreadable, noKey } from '../port/messages/keys.ts';
import { keyAdded, keyRemoved } from '../port/messages/output.ts';
import { hint, warning } from '../port/messages/text.ts';
import { JSON_OPTION } from './arguments.ts';
import type { AdminCommand, CommandGroup } from './spec.ts';
import { print } from './stdout.ts';
import { formatTable } from './table.ts';

const add: AdminCommand = {
  name: 'add',
  summary: 'allow a public key to push (reads stdin if FILE is omitted)',
  who: 'admin',
  arguments: [
    { name: 'name', meaning: 'whose key it is', completes: 'keys' },
    { name: 'file', optional: true, completes: 'files' },
  ],
  options: [{ flags: '--apps <apps>', meaning: 'limit the key to these apps, such as a,b', completes: 'list' }],
  async run([name, file]: [string, string?], options: { apps?: string }, { installed }) {
    await addPusher(name, file, options, installed.doskara);
  },
};

/** A key that is already registered gets the new limit. `doskara`: the program that the key runs. */
async function addPusher(
  name: string,
  file: string | undefined,
  options: { apps?: string },
  doskara: string,
): Promise<void> {
  if (file === undefined && LOOKS_LIKE_FILE.test(name)) throw messages.nameMissing(name);
  const apps = options.apps === undefined ? undefined : parseApps(options.apps);
  const keyText = file === undefined ? await text(process.stdin) : await readFile(file, 'utf8').catch(throwUnreadable);
  await becomeKeyOwner();
  const added = await addKey(doskara, name, keyText, apps);
  print(keyAdded(name, apps, added));
  for (const { message, hint: next = '' } of await findMissing(apps ?? []))
    process.stderr.write(`${warning(message)}\n${hint(next)}\n`);
}

const LOOKS_LIKE_FILE = /\/|\.pub$/;

const list: AdminCommand = {
  name: 'list',
  summary: 'list the keys that may push',
  who: 'admin',
  options: [JSON_OPTION],
  async run(_args, options: { json?: boolean }, { width }) {
    await showKeys(options, width);
  },
};

async function showKeys(options: { json?: boolean }, width: number | undefined): Promise<void> {
  await becomeKeyOwner();
  const keys = await Promise.all(
    (await listKeys()).map(async (key) => ({
      name: key.name,
      type: key.type,
      fingerprint: fingerprintOf(key),
      apps: key.apps ?? null,
    })),
  );
  const foreign = await countForeignLines();
  if (foreign > 0)
    for (const line of messages.foreignKeys(foreign, authorizedKeysFile())) process.stderr.write(`${line}\n`);
  if (options.json) return print(JSON.stringify(keys));
  const rows = keys.map(({ name, type, fingerprint, apps }) => [name, type, fingerprint, apps?.join(',') ?? 'all']);
  formatTable(['name', 'type', 'fingerprint', 'apps'], rows, width).forEach(print);
}

const remove: AdminCommand = {
  name: 'remove',
  alias: 'rm',
  summary: 'remove a key',
  who: 'admin',
  arguments: [{ name: 'name', completes: 'keys' }],
  async run([name]: [string]) {
    await removePusher(name);
  },
};

/** After the subcommands: constants have no value before their line. */
export const key: CommandGroup = {
  name: 'key',
  summary: "manage pushers' ssh keys",
  subcommands: [add, list, remove],
};

async function removePusher(name: string): Promise<void> {
  await becomeKeyOwner();
  if (!(await removeKey(name))) throw noKey(name);
  print(keyRemoved(name));
}

/** Keys are in the home of the user who owns the repositories; anyone else would change their own. */
async function becomeKeyOwner(): Promise<void> {
  const root = await readRoot();
  await becomeOwner([root]);
  if ((await stat(root)).uid !== process.geteuid?.()) throw messages.notKeyOwner(root);
}

function throwUnreadable(error: NodeJS.ErrnoException): never {
  throw keyUnreadable(error);
}
