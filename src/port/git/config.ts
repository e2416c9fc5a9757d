import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as messages from '../messages.ts';
import { ask, type Git, openGit } from './git.ts';

/** What one key says, wherever it is set: `scope`, `key` in lower case, `value`. */
export interface ConfigEntry {
  scope: string;
  key: string;
  value: string;
}

/** A repository's own file could have something to say of us, or lead to another file that has. */
const MAY_SPEAK = /doskara|hookspath|\[\s*include|worktreeconfig/i;

/** Settings outside repositories, read once. */
let outside: Promise<ConfigEntry[]> | undefined;

/**
 * The keys of git's configuration that matter to us, for the repository at `path`, in the order in which they count.
 * Git is asked, but not a thousand times for a thousand repositories: one whose own file says nothing of us has what
 * stands outside of it (unless an `includeIf` there depends on the repository).
 */
export async function readGitConfig(git: Git, path: string): Promise<ConfigEntry[]> {
  const own = await readFile(join(path, 'config'), 'utf8').catch(() => 'include'); // no plain file: git knows better
  if (own !== 'include' && !MAY_SPEAK.test(own)) {
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

/** `scope\0key\nvalue\0`, without a line feed for a key without a value. */
export function parseGitConfig(text: string): ConfigEntry[] {
  return [...text.matchAll(/(\w+)\0([^\n\0]+)\n?([^\0]*)\0/g)].map(([, scope = '', key = '', value = '']) => ({
    scope,
    key,
    value,
  }));
}
