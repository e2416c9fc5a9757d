import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../exec.ts';
import { type Lock, takeLock } from '../../lock.ts';
import { replaceFile } from '../../replace-file.ts';
import { fingerprint } from '../../ssh-key.ts';
import { badKey, badName, keyIsForeign, keyTaken, nameTaken } from '../messages/keys.ts';
import { asTrouble } from '../system-errors.ts';
import { isForeign, isPlain, type PusherKey, parseLine } from './key-line.ts';

const NAME = /^[A-Za-z0-9]+(?:[._@-][A-Za-z0-9]+)*$/;

/** The .ssh folder of the effective user: call becomeOwner first. */
const sshFolder = () => join(homedir(), '.ssh');
export const authorizedKeysFile = () => join(sshFolder(), 'authorized_keys');

export async function listKeys(): Promise<PusherKey[]> {
  return (await readLines()).flatMap(parseLine);
}

/** Counts the keys that Doskara does not manage; they may run anything. */
export async function countForeignLines(): Promise<number> {
  return (await readLines()).filter(isForeign).length;
}

/**
 * Adds a key under a name, restricted to `<doskara> serve` and, if given, to some apps. Resolves to false if nothing
 * changed. Rejects with exit code 2 if the name or the key is taken.
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
  // sshd uses the first line that has the key, and that line may be unrestricted
  if (others.some((line) => line.split(/\s/).includes(key))) throw keyIsForeign(authorizedKeysFile());
  if (own !== undefined && !isPlain(own)) throw keyIsForeign(authorizedKeysFile()); // its other options are not ours to remove
  if (others.some((line) => parseLine(line)[0]?.name === name)) throw nameTaken(name);
  if (same !== undefined && String(same.apps) === String(apps)) return false;
  const limit = apps === undefined ? '' : ` --apps ${apps.join(',')}`;
  await writeLines([...others, `restrict,command="${doskara} serve ${name}${limit}" ${type} ${key} ${name}`]);
  return true;
}

/** Resolves to false if there is no such name. */
export async function removeKey(name: string): Promise<boolean> {
  await using _lock = await lockKeys();
  const lines = await readLines();
  const left = lines.filter((line) => parseLine(line)[0]?.name !== name);
  if (left.length === lines.length) return false;
  await writeLines(left);
  return true;
}

/** As `ssh-keygen -l` shows it. */
export function fingerprintOf({ key }: PusherKey): string {
  return fingerprint(Buffer.from(key, 'base64'));
}

/** Keeps only type and key: options and comments in the file are not trusted. */
async function parsePublicKey(text: string): Promise<{ type: string; key: string }> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [, type, key] = /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]+) ([A-Za-z0-9+/=]+)(?: |$)/.exec(lines[0]?.trim() ?? '') ?? [];
  if (lines.length !== 1 || type === undefined || key === undefined) throw badKey(text);
  const check = await exec(['ssh-keygen', '-l', '-f', '-'], { input: `${type} ${key}\n` });
  if (check.failed) throw badKey(text);
  return { type, key };
}

/** Of two concurrent changes one would be lost: a removed key might come back. */
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
  await replaceFile(authorizedKeysFile(), lines.map((line) => `${line}\n`).join('')).catch((error: unknown) => {
    throw asTrouble(error, authorizedKeysFile());
  });
}
