import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Lock, takeLock } from '../../lock.ts';
import { badKey, badName, keyIsForeign, keyTaken, nameTaken } from '../messages/keys.ts';
import { asTrouble } from '../system-errors.ts';
import { isForeign, isPlain, type PusherKey, parseLine } from './key-line.ts';

const NAME = /^[A-Za-z0-9]+(?:[._@-][A-Za-z0-9]+)*$/;

/** The .ssh folder of the user whom we are: call becomeOwner first. */
const sshFolder = () => join(homedir(), '.ssh');
export const authorizedKeysFile = () => join(sshFolder(), 'authorized_keys');

export async function listKeys(): Promise<PusherKey[]> {
  return (await readLines()).flatMap(parseLine);
}

/** How many lines there are of which we know nothing; their keys may open anything. */
export async function countForeignLines(): Promise<number> {
  return (await readLines()).filter(isForeign).length;
}

/**
 * Lets a key in under a name, for `serve` of the given doskara alone, and for some apps alone if they are named.
 * Returns false if all was so already. Throws exit code 2 where the name or the key belongs to another.
 */
export async function addKey(doskara: string, name: string, keyText: string, apps?: string[]): Promise<boolean> {
  if (name.length > 63 || !NAME.test(name)) throw badName(name);
  const { type, key } = await parsePublicKey(keyText);
  await using _lock = await lockKeys();
  const lines = await readLines();
  const others = lines.filter((line) => parseLine(line)[0]?.key !== key);
  const own = lines.find((line) => parseLine(line)[0]?.key === key);
  const [same] = own === undefined ? [] : parseLine(own);
  if (same !== undefined && same.name !== name) throw keyTaken(same.name);
  // sshd takes the first line that has the key, and that one may not limit it
  if (others.some((line) => line.split(/\s/).includes(key))) throw keyIsForeign(authorizedKeysFile());
  if (own !== undefined && !isPlain(own)) throw keyIsForeign(authorizedKeysFile()); // what else it says is not ours to take away
  if (others.some((line) => parseLine(line)[0]?.name === name)) throw nameTaken(name);
  if (same !== undefined && String(same.apps) === String(apps)) return false;
  const limit = apps === undefined ? '' : ` --apps ${apps.join(',')}`;
  await writeLines([...others, `restrict,command="${doskara} serve ${name}${limit}" ${type} ${key} ${name}`]);
  return true;
}

/** Returns false when there is no such name. */
export async function removeKey(name: string): Promise<boolean> {
  await using _lock = await lockKeys();
  const lines = await readLines();
  const left = lines.filter((line) => parseLine(line)[0]?.name !== name);
  if (left.length === lines.length) return false;
  await writeLines(left);
  return true;
}

/** As `ssh-keygen -l` shows it. */
export async function fingerprintOf({ type, key }: PusherKey): Promise<string> {
  const { stdout } = await execa('ssh-keygen', ['-l', '-f', '-'], { input: `${type} ${key}\n` });
  return stdout.split(' ')[1] ?? '';
}

/** Only type and key are taken over: options and comments of the file are not ours to trust. */
async function parsePublicKey(text: string): Promise<{ type: string; key: string }> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [, type, key] = /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]+) ([A-Za-z0-9+/=]+)(?: |$)/.exec(lines[0]?.trim() ?? '') ?? [];
  if (lines.length !== 1 || type === undefined || key === undefined) throw badKey(text);
  const check = await execa('ssh-keygen', ['-l', '-f', '-'], { input: `${type} ${key}\n`, reject: false });
  if (check.failed) throw badKey(text);
  return { type, key };
}

/** Without it one of two changes at the same time would be lost: a key that was removed might come back. */
export async function lockKeys(): Promise<Lock> {
  await mkdir(sshFolder(), { recursive: true, mode: 0o700 });
  return takeLock(join(sshFolder(), 'doskara.lock'), () => {});
}

export async function readLines(): Promise<string[]> {
  const text = await readFile(authorizedKeysFile(), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').filter((line) => line !== '');
}

export async function writeLines(lines: string[]): Promise<void> {
  const temporary = `${authorizedKeysFile()}.${randomUUID()}`;
  try {
    await using file = await open(temporary, 'wx', 0o600);
    await file.writeFile(lines.map((line) => `${line}\n`).join(''));
    await file.sync();
    await rename(temporary, authorizedKeysFile());
  } catch (error) {
    await rm(temporary, { force: true });
    throw asTrouble(error, authorizedKeysFile());
  }
}
