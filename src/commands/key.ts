import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseApps } from '../contract.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { readRoot } from '../port/apps.ts';
import {
  addKey,
  authorizedKeysFile,
  countForeignLines,
  fingerprintOf,
  listKeys,
  removeKey,
} from '../port/keys/authorized-keys.ts';
import { keyUnreadable, noKey } from '../port/messages/keys.ts';
import * as messages from '../port/messages.ts';
import type { Installed } from './installed-paths.ts';
import { formatTable } from './table.ts';

/**
 * `doskara key add <name> [FILE] [--apps a,b]`: a pusher's public key, from a file or from standard input. For a key
 * that is in already the new limit counts.
 */
export async function keyAdd(
  name: string,
  file: string | undefined,
  options: { apps?: string },
  { doskara, print }: Installed,
): Promise<void> {
  const apps = options.apps === undefined ? undefined : parseApps(options.apps);
  const keyText = file === undefined ? await text(process.stdin) : await readFile(file, 'utf8').catch(throwUnreadable);
  await becomeOwner([await readRoot()]);
  const added = await addKey(doskara, name, keyText, apps);
  print(`${name} may push ${apps === undefined ? '' : `to ${apps.join(', ')} `}${added ? 'now' : 'already'}`);
}

/** `doskara key list` */
export async function keyList(options: { json?: boolean }, { print }: Installed): Promise<void> {
  await becomeOwner([await readRoot()]);
  const keys = await Promise.all(
    (await listKeys()).map(async (key) => ({
      name: key.name,
      type: key.type,
      fingerprint: await fingerprintOf(key),
      apps: key.apps ?? null,
    })),
  );
  const foreign = await countForeignLines();
  if (foreign > 0)
    for (const line of messages.foreignKeys(foreign, authorizedKeysFile())) process.stderr.write(`${line}\n`);
  if (options.json) return print(JSON.stringify(keys));
  const rows = keys.map(({ name, type, fingerprint, apps }) => [name, type, fingerprint, apps?.join(',') ?? 'all']);
  formatTable(
    ['name', 'type', 'fingerprint', 'apps'],
    rows,
    process.stdout.isTTY ? process.stdout.columns : undefined,
  ).forEach(print);
}

/** `doskara key remove <name>` */
export async function keyRemove(name: string, { print }: Installed): Promise<void> {
  await becomeOwner([await readRoot()]);
  if (!(await removeKey(name))) throw noKey(name);
  print(`${name} may not push any more`);
}

function throwUnreadable(error: NodeJS.ErrnoException): never {
  throw keyUnreadable(error);
}
