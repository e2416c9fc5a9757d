import { ask } from '../port/git/git.ts';
import * as messages from '../port/messages.ts';
import type { Repository } from '../port/repository.ts';

/**
 * Throws a Trouble for a new head that git would refuse after the hook has let it through: git tells a pre-receive hook
 * of those, too, and a build for nothing would leave an image that is no head's.
 */
export async function checkGitWillAccept(
  repository: Repository,
  commit: string,
  old: string | undefined,
): Promise<void> {
  const { git, settings } = repository;
  const isOn = async (key: string) => (await ask(git, 'config', '--type=bool', '--get', key))?.trim() === 'true';
  const isThere = (...args: string[]) =>
    git(...args).then(
      () => true,
      () => false,
    );

  if (!(await isThere('cat-file', 'commit', commit))) throw messages.notACommit(settings);
  if (!(await isThere('rev-list', '--quiet', commit, '--not', '--all')) && !(await isOn('receive.shallowUpdate')))
    throw messages.historyMissing(settings);
  if (old === undefined || !(await isOn('receive.denyNonFastForwards'))) return;
  if (!(await isThere('merge-base', '--is-ancestor', old, commit))) throw messages.notFastForward(settings);
}
