import { branchIn, isBuiltBranch } from '../port/branch-patterns.ts';
import { openBranch } from '../port/branches.ts';
import { branchNotBuilt } from '../port/messages/branches.ts';
import type { Repository } from '../port/repository.ts';
import { COMMIT } from './arguments.ts';
import { resolveCommit } from './commit.ts';
import type { Grammar, OptionSpec } from './spec.ts';

/** `meaning`: with its default. */
export const branchOption = (meaning: string): OptionSpec => ({
  flags: '--branch <branch>',
  meaning,
  grammar: { ...(COMMIT.grammar as Grammar), wanted: 'a branch that is built' },
});

export interface BranchOptions {
  branch?: string;
}

/** The repository for the branch that was named, or the main one. A Trouble (exit code 2) if it is not built. */
export async function openAsked(repository: Repository, branch: string | undefined): Promise<Repository> {
  const { app, branches } = repository.settings;
  if (branch === undefined) return repository;
  if (!isBuiltBranch(branches, branch)) throw branchNotBuilt(app, branch, branches);
  return openBranch(repository, branch);
}

/**
 * A commit, and the repository for the branch whose image it is for: the one that was named as such, else one that was
 * named as the commit, else the main one. Images of other branches are not that of the ref.
 */
export async function resolveForBranch(
  repository: Repository,
  revision: string | undefined,
  branch: string | undefined,
): Promise<{ repository: Repository; commit: string; ref: string }> {
  const asked = await openAsked(repository, branch);
  const { commit, ref } = await resolveCommit(asked, revision);
  const named = branchIn(ref);
  const { branches } = repository.settings;
  const opened =
    branch === undefined && named !== undefined && isBuiltBranch(branches, named)
      ? await openBranch(repository, named)
      : asked;
  const own = opened.settings.branch;
  return { repository: opened, commit, ref: own === branches[0] ? ref : `refs/heads/${own}` };
}
