import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as messages from '../messages/repository.ts';
import { ask, type Git, openGit } from './git.ts';

/** A line of git's configuration; `key` is in lower case. */
export interface ConfigEntry {
  scope: string;
  key: string;
  value: string;
}

/** A repository's config file without these has no setting of ours and includes no other file. */
const MAY_MATTER = /doskara|hookspath|\[\s*include|worktreeconfig/i;

/** Settings outside repositories, read once. */
let outside: Promise<ConfigEntry[]> | undefined;

/**
 * The entries of git's configuration that Doskara uses, for the repository at `path`, in order of precedence. Rejects
 * with a Trouble if git cannot read them.
 *
 * A repository whose own file has none gets those of the user and the system, which are read once (unless an `includeIf`
 * there may depend on the repository): `doskara list` over 1000 repositories takes 2.7 s of CPU so, and 14.8 s with a
 * `git config` for each.
 */
export async function readGitConfig(git: Git, path: string): Promise<ConfigEntry[]> {
  const own = await readFile(join(path, 'config'), 'utf8').catch(() => 'include'); // not a plain file: ask git
  if (own !== 'include' && !MAY_MATTER.test(own)) {
    outside ??= askGit(openGit('/'));
    const entries = await outside;
    if (!entries.some(({ key }) => key.startsWith('includeif.'))) return entries;
  }
  return askGit(git);
}

async function askGit(git: Git): Promise<ConfigEntry[]> {
  const question = ['config', '-z', '--show-scope', '--get-regexp', '^(doskara|includeif|core\\.hookspath)'];
  const text = await ask(git, ...question).catch((error: Error) => {
    throw messages.configUnreadable(error);
  });
  return parseGitConfig(text ?? '');
}

/** `scope\0key\nvalue\0`, without the line feed if a key has no value. */
export function parseGitConfig(text: string): ConfigEntry[] {
  return [...text.matchAll(/(\w+)\0([^\n\0]+)\n?([^\0]*)\0/g)].map(([, scope = '', key = '', value = '']) => ({
    scope,
    key,
    value,
  }));
}
