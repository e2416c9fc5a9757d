import { join } from 'node:path';
import { takeLock } from '../../lock.ts';
import type { BuildRecord } from '../build-record.ts';
import * as messages from '../messages/build.ts';
import { promotedRef } from '../promoted-tags.ts';
import type { Repository } from '../repository.ts';

const NOTES = 'refs/notes/builds';

/**
 * Sets `refs/built/<branch>` to a commit that was built, or the ref of the tag that its image was given. Scripts read it,
 * since git ignores the exit code of post-receive.
 */
export async function publishBuilt(repository: Repository, { commit, why, tag }: BuildRecord): Promise<void> {
  const { git, settings } = repository;
  await git('update-ref', why === 'promote' ? promotedRef(tag ?? '') : `refs/built/${settings.branch}`, commit);
}

/**
 * Removes what says that a branch was built, as it is deleted: a branch `release` would keep `release/1` from having such
 * a ref.
 */
export async function forgetBranch({ git }: Repository, branch: string): Promise<void> {
  for (const kind of ['built', 'deployed']) await git('update-ref', '-d', `refs/${kind}/${branch}`);
}

/**
 * Adds a line to the note of the commit, once `doskara.afterBuild` has ended, and sets `refs/deployed/<branch>` if that
 * succeeded. Of two concurrent `git notes` one is lost, and the app's lock is no help: a gated build is published after
 * git has moved the branch, and a superseded one may never have had that lock.
 */
export async function publishEnd({ git, settings, state }: Repository, record: BuildRecord): Promise<void> {
  const { outcome, commit, afterBuild } = record;
  await using _lock = await takeLock(join(state, 'lock-notes'), () => {});
  const author = ['-c', 'user.name=Doskara', '-c', 'user.email=doskara@localhost'];
  const note = git(...author, 'notes', `--ref=${NOTES}`, 'append', '-m', messages.note(record), commit);
  const isDeployed = outcome === 'built' && afterBuild?.exitCode === 0;
  await Promise.all([note, isDeployed && git('update-ref', `refs/deployed/${settings.branch}`, commit)]);
}
