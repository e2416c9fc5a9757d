import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../lock.ts';
import { replaceFile } from '../replace-file.ts';
import { SSH_KEY } from '../secrets.ts';
import { sshKeyMissing } from './messages/secrets.ts';
import type { Repository } from './repository.ts';

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

/** `state`: Doskara's folder in the repository. Sorted by name. */
export async function readSecrets(state: string): Promise<KnownSecret[]> {
  const text = await readFile(fileIn(state), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as KnownSecret[];
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
