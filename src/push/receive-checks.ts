import { ask } from '../port/git/git.ts';
import * as messages from '../port/messages/gate.ts';
import type { Repository } from '../port/repository.ts';

/**
 * Throws a Trouble for a new head that git would reject after the hook has accepted it. Building it would leave an
 * image of a commit that never becomes the head.
 */
export async function checkGitWillAccept(
  repository: Repository,
  commit: string,
  old: string | undefined,
): Promise<void> {
  const { git, settings } = repository;
  const isEnabled = async (key: string) => (await ask(git, 'config', '--type=bool', '--get', key))?.trim() === 'true';
  const succeeds = (...args: string[]) =>
    git(...args).then(
      () => true,
      () => false,
    );

  if (!(await succeeds('cat-file', 'commit', commit))) throw messages.notACommit(settings);
  if (!(await succeeds('rev-list', '--quiet', commit, '--not', '--all')) && !(await isEnabled('receive.shallowUpdate')))
    throw messages.historyMissing(settings);
  if (old === undefined || !(await isEnabled('receive.denyNonFastForwards'))) return;
  if (!(await succeeds('merge-base', '--is-ancestor', old, commit))) throw messages.notFastForward(settings);
}
