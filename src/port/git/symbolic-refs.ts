import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { branchIn, isBuiltBranch } from '../branch-patterns.ts';
import type { Repository } from '../repository.ts';
import { ask } from './git.ts';

/**
 * Renames updates of a symbolic ref to a branch that is built into updates of the branch: git tells a hook the name that
 * was pushed to, and resolves it only when it updates the ref.
 */
export async function resolveSymbolicUpdates<Update extends { ref: string }>(
  repository: Repository,
  updates: readonly Update[],
): Promise<Update[]> {
  const { branches } = repository.settings;
  const mainRef = `refs/heads/${branches[0]}`;
  const main = await resolveRef(repository, mainRef);
  return Promise.all(
    updates.map(async (update) => {
      if (update.ref === mainRef) return update;
      const target = await resolveRef(repository, update.ref);
      if (target === main) return { ...update, ref: mainRef };
      return isBuiltBranch(branches, branchIn(target) ?? '') ? { ...update, ref: target } : update;
    }),
  );
}

/** Git follows no more than that. */
const MAX_CHAIN = 5;

/** Follows a symbolic ref to its end; returns any other ref itself. */
export async function resolveRef(repository: Repository, ref: string): Promise<string> {
  let last = ref;
  for (let i = 0; i < MAX_CHAIN; i++) {
    const next = await readSymbolic(repository, last);
    if (next === undefined) break;
    last = next;
  }
  return last;
}

/** Reads the file itself, one for each ref of a push, rather than start a git for each (see readHead). */
async function readSymbolic({ git, path }: Repository, ref: string): Promise<string | undefined> {
  if (existsSync(join(path, 'reftable'))) return (await ask(git, 'symbolic-ref', '--quiet', ref))?.trim() || undefined;
  const text = await readFile(join(path, ref), 'utf8').catch(() => '');
  return /^ref: *(refs\/.+?)\s*$/.exec(text)?.[1];
}
