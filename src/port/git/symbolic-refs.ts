import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../repository.ts';
import { ask } from './git.ts';

/**
 * The updates of a push, with those that move the build branch under another name as updates of it: git hands a hook
 * the name that was pushed to, and follows a symbolic ref only when it moves what that leads to.
 */
export async function resolveSymbolicUpdates<Update extends { ref: string }>(
  repository: Repository,
  updates: readonly Update[],
): Promise<Update[]> {
  const buildRef = `refs/heads/${repository.settings.branch}`;
  const target = await resolveRef(repository, buildRef);
  return Promise.all(
    updates.map(async (update) =>
      update.ref === buildRef || (await resolveRef(repository, update.ref)) !== target
        ? update
        : { ...update, ref: buildRef },
    ),
  );
}

/** As many as git follows. */
const MAX_CHAIN = 5;

/** The ref that a symbolic one leads to in the end; any other is its own. */
export async function resolveRef(repository: Repository, ref: string): Promise<string> {
  let last = ref;
  for (let i = 0; i < MAX_CHAIN; i++) {
    const next = await readSymbolic(repository, last);
    if (next === undefined) break;
    last = next;
  }
  return last;
}

/** Symbolic refs are files of their own, and quick to read, but with the reftable backend. */
async function readSymbolic({ git, path }: Repository, ref: string): Promise<string | undefined> {
  if (existsSync(join(path, 'reftable'))) return (await ask(git, 'symbolic-ref', '--quiet', ref))?.trim() || undefined;
  const text = await readFile(join(path, ref), 'utf8').catch(() => '');
  return /^ref: *(refs\/.+?)\s*$/.exec(text)?.[1];
}
