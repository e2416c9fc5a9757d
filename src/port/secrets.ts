import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseWholeList } from '../json.ts';
import { takeLock } from '../lock.ts';
import { replaceFile } from '../replace-file.ts';
import { isSecretName, SSH_KEY } from '../secrets.ts';
import { secretsDamaged, sshKeyMissing } from './messages/secrets.ts';
import type { Repository } from './repository.ts';
import { asTrouble } from './system-errors.ts';

/** What port knows of a secret. Only factories have values. */
export interface KnownSecret {
  name: string;
  /** When it was set last. */
  set: string;
  /** Those that have the value that was set last. */
  factories: readonly string[];
  /** Those that may have an older one. */
  older: readonly string[];
  /** No build gets it any more, but a factory may still have it. */
  removed?: true;
}

/** Those of the app's factories that do not have the value that was set last. */
export function lackingFactories({ factories }: KnownSecret, all: readonly string[]): string[] {
  return all.filter((factory) => !factories.includes(factory));
}

const fileIn = (state: string) => join(state, 'secrets.json');

/**
 * `state`: Doskara's folder in the repository. Sorted by name. Rejects with exit code 4 if the list is damaged: without
 * it, builds would lack their secrets.
 */
export async function readSecrets(state: string): Promise<KnownSecret[]> {
  const file = fileIn(state);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw asTrouble(error);
  });
  const list = parseWholeList(text, isKnownSecret);
  if (list === undefined) throw secretsDamaged(file);
  return list;
}

function isKnownSecret(value: unknown): value is KnownSecret {
  const { name, set, factories, older, removed } = { ...(value as Partial<KnownSecret> | null) };
  return (
    isSecretName(String(name)) &&
    typeof set === 'string' &&
    [factories, older].every((list) => Array.isArray(list) && list.every((each) => typeof each === 'string')) &&
    (removed === undefined || removed)
  );
}

/** Changes the list while no other command does. What was removed everywhere is no longer listed. */
export async function changeSecrets<T>(
  state: string,
  change: (before: KnownSecret[]) => Promise<{ after: KnownSecret[]; result: T }>,
): Promise<T> {
  await using _ = await takeLock(join(state, 'secrets.lock'), () => {});
  const { after, result } = await change(await readSecrets(state));
  const left = after.filter(({ removed, older }) => !removed || older.length > 0);
  const sorted = left.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  await replaceFile(fileIn(state), `${JSON.stringify(sorted)}\n`);
  return result;
}

/**
 * The secrets that a build gets, even those that no factory has: it must not succeed without. The key for ssh is one of
 * them only where the app wants it. Rejects with exit code 4 if there is none then.
 */
export async function secretsOfBuild({ state, settings }: Repository): Promise<KnownSecret[]> {
  const all = (await readSecrets(state)).filter(({ removed }) => !removed);
  if (settings.ssh === undefined) return all.filter(({ name }) => name !== SSH_KEY);
  if (all.some(({ name }) => name === SSH_KEY)) return all;
  throw sshKeyMissing(settings.app);
}
