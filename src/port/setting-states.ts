import { resolve } from 'node:path';
import { ask, type Git, GitFailure } from './git/git.ts';
import { configUnreadable } from './messages/repository.ts';
import * as messages from './messages/settings.ts';
import { readDefaults } from './read-settings.ts';
import { defaultApp } from './repository.ts';
import type { Setting } from './setting-values.ts';
import { findSetting, PORT_SETTINGS } from './settings.ts';

/** A setting as it applies to one repository. */
export interface SettingState {
  key: string;
  /** As typed. Without a value, those of the default, if there is one. */
  values: readonly string[];
  default: string | null;
  /** Where it is set: git's scope, and the file with its path. */
  scope: 'repository' | 'user' | 'system' | null;
  file: string | null;
  /** Why Doskara refuses to work with it. */
  problem: string | null;
}

/** All settings in the order of the manual, then `doskara.*` keys that are none. Invalid values do not stop it. */
export async function readSettingStates(git: Git, path: string): Promise<SettingState[]> {
  const entries = await readEntries(git, path);
  const defaults = await readDefaults(git, path, defaultApp(path));
  const known = Object.keys(PORT_SETTINGS);
  const keys = new Set([...known, ...entries.map(({ key }) => findSetting(key)?.name ?? key)]);
  return [...keys].map((key) => stateOf(key, entries, defaults[key] ?? null));
}

/** Writes a value that the setting takes to the repository's configuration. Rejects with a Trouble (exit code 2). */
export async function writeSetting(git: Git, path: string, key: string, values: readonly string[]): Promise<void> {
  const [first = '', ...more] = values;
  await change(git, path, 'config', '--local', '--replace-all', `doskara.${key}`, first);
  for (const value of more) await change(git, path, 'config', '--local', '--add', `doskara.${key}`, value);
}

/** Removes all values from the repository's configuration. */
export async function unsetSetting(git: Git, path: string, key: string): Promise<void> {
  await change(git, path, 'config', '--local', '--unset-all', `doskara.${key}`);
}

async function change(git: Git, path: string, ...args: string[]): Promise<void> {
  await git(...args).catch((error: unknown) => {
    throw error instanceof GitFailure ? messages.settingNotWritten(resolve(path, 'config'), error) : error;
  });
}

/** Why a setting does not take a value; undefined if it does. */
export function findProblem(key: string, { read, wanted }: Setting, value: string): string | undefined {
  return read(value) === undefined ? messages.wrongValue(key, value, wanted) : undefined;
}

interface Entry {
  scope: string;
  file: string;
  /** In lower case, without `doskara.`. */
  key: string;
  value: string;
}

/** The last scope that sets a key wins, as in parseSettings. */
function stateOf(key: string, entries: readonly Entry[], fallback: string | null): SettingState {
  const setting = findSetting(key)?.setting;
  const all = entries.filter((entry) => entry.key === key.toLowerCase());
  const last = all.at(-1);
  const values = all.filter(({ scope }) => scope === last?.scope).map(({ value }) => value);
  const problems = all.map(({ value }) =>
    setting === undefined ? messages.notASetting(key) : findProblem(key, setting, value),
  );
  return {
    key,
    values:
      last === undefined
        ? [fallback].filter((value) => value !== null)
        : setting?.several === true
          ? values
          : values.slice(-1),
    default: fallback,
    scope: last === undefined ? null : (SCOPES[last.scope] ?? 'repository'),
    file: last?.file ?? null,
    problem: problems.find((problem) => problem !== undefined) ?? null,
  };
}

/** Git's names; `local` and `worktree` are the repository's. */
const SCOPES: Record<string, SettingState['scope']> = { system: 'system', global: 'user' };

/** `scope\0file:path\0key\nvalue\0`; the path is relative to the repository for its own file. */
async function readEntries(git: Git, path: string): Promise<Entry[]> {
  const question = ['config', '-z', '--show-scope', '--show-origin', '--get-regexp', '^doskara\\.'];
  const text = await ask(git, ...question).catch((error: Error) => {
    throw configUnreadable(error);
  });
  return [...(text ?? '').matchAll(/(\w+)\0([^\0]+)\0doskara\.([^\n\0]+)\n?([^\0]*)\0/g)].map(
    ([, scope = '', origin = '', key = '', value = '']) => ({
      scope,
      file: origin.startsWith('file:') ? resolve(path, origin.slice('file:'.length)) : origin,
      key,
      value,
    }),
  );
}
