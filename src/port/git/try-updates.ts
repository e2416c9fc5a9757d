import { exec } from '../../exec.ts';
import { deletionDenied, notFastForward, updateRejected } from '../messages/gate.ts';
import type { Repository } from '../repository.ts';
import { ask, type Git, UNALTERED, withoutGit } from './git.ts';

/** A ref update of a push that git has not accepted yet. */
export interface ProposedUpdate {
  /** undefined: the ref is new. */
  old: string | undefined;
  /** undefined: the ref is to be deleted. */
  new: string | undefined;
  ref: string;
}

/**
 * Throws a Trouble (exit code 3) if git would reject updates after pre-receive has accepted them. Git's own rules for
 * branches come first (builtin/receive-pack.c); then its transaction is prepared and aborted. That fails for a branch
 * that is no commit, a name that another ref is in the way of, and a ref that has moved.
 */
export async function checkGitAccepts(repository: Repository, updates: readonly ProposedUpdate[]): Promise<void> {
  const branches = updates.filter(({ ref }) => ref.startsWith('refs/heads/'));
  await checkDeletions(repository.git, branches);
  await checkRewrites(repository.git, branches);
  await prepareAndAbort(repository, updates);
}

async function checkDeletions(git: Git, branches: readonly ProposedUpdate[]): Promise<void> {
  const deleted = branches.filter((update) => update.new === undefined).map(({ ref }) => ref);
  const [first] = deleted;
  if (first === undefined) return;
  if (await isEnabled(git, 'receive.denyDeletes')) throw deletionDenied(first, 'receive.denyDeletes');
  const current = (await ask(git, 'symbolic-ref', '--quiet', 'HEAD'))?.trim() ?? '';
  const action = (await ask(git, 'config', '--get', 'receive.denyDeleteCurrent'))?.trim().toLowerCase() ?? '';
  if (deleted.includes(current) && !MAY_DELETE_CURRENT.has(action))
    throw deletionDenied(current, 'receive.denyDeleteCurrent');
}

/** Values of receive.denyDeleteCurrent; by default git refuses. */
const MAY_DELETE_CURRENT = new Set(['ignore', 'warn', 'false', 'no', 'off', '0']);

async function checkRewrites(git: Git, branches: readonly ProposedUpdate[]): Promise<void> {
  if (!(await isEnabled(git, 'receive.denyNonFastForwards'))) return;
  for (const { old, new: commit, ref } of branches) {
    if (old === undefined || commit === undefined) continue;
    await git('merge-base', '--is-ancestor', old, commit).catch(() => {
      throw notFastForward(ref);
    });
  }
}

async function isEnabled(git: Git, key: string): Promise<boolean> {
  return (await ask(git, 'config', '--type=bool', '--get', key))?.trim() === 'true';
}

/** Git changes no ref in quarantine, so it is told only where the objects are, not that they are in quarantine. */
async function prepareAndAbort({ path, quarantine }: Repository, updates: readonly ProposedUpdate[]): Promise<void> {
  const { GIT_QUARANTINE_PATH: _, ...objects } = quarantine;
  const lines = updates.flatMap(({ old, new: object, ref }) => {
    if (object !== undefined) return `update ${ref} ${object} ${old ?? '0'.repeat(object.length)}`;
    return old === undefined ? [] : `delete ${ref} ${old}`; // git only warns of a ref that does not exist
  });
  const { failed, stderr, reason } = await exec(['git', 'update-ref', '--stdin'], {
    cwd: path,
    env: { ...withoutGit(process.env), ...UNALTERED, ...objects, LC_ALL: 'C' },
    input: ['start', ...lines, 'prepare', 'abort', ''].join('\n'),
  });
  if (failed) throw updateRejected(stderr.replace(/^fatal: (?:prepare: )?/, '') || reason);
}
