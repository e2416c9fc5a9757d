import type { Trouble } from '../errors.ts';
import { isReservedTag, LATEST } from '../image-tag.ts';
import { branchIn, isBuiltBranch, tagOfBranch } from './branch-patterns.ts';
import * as messages from './messages/branches.ts';
import { promotedRef } from './promoted-tags.ts';
import { type Repository, readHead, withTag } from './repository.ts';

/** The branches that are built and exist, with the main one first, which may not exist. */
export async function listBranches({ git, settings }: Repository): Promise<string[]> {
  const [main = '', ...more] = settings.branches;
  if (more.length === 0) return [main];
  const refs = await git('for-each-ref', '--format=%(refname) %(symref)', 'refs/heads');
  const names = refs.split('\n').flatMap((line) => {
    const [ref = '', alias] = line.split(' ');
    return alias ? [] : [branchIn(ref)].filter((name) => name !== undefined);
  });
  return [main, ...names.filter((name) => name !== main && isBuiltBranch(more, name))];
}

/** The repository for builds of one branch: with its name, tag and lock. */
export async function openBranch(repository: Repository, branch: string): Promise<Repository> {
  return branch === repository.settings.branches[0]
    ? withBranch(repository, branch, LATEST)
    : openOther(repository, branch, await listBranches(repository));
}

/** The same for each that exists, the main one first. */
export async function openBranches(repository: Repository): Promise<Repository[]> {
  const all = await listBranches(repository);
  const [main = '', ...others] = all;
  const opened = others.map((branch) => openOther(repository, branch, all));
  return [await withBranch(repository, main, LATEST), ...(await Promise.all(opened))];
}

/** `all`: what listBranches has found. */
async function openOther(repository: Repository, branch: string, all: readonly string[]): Promise<Repository> {
  const tag = tagOfBranch(branch);
  const clash = tag === undefined ? messages.noTag(branch) : await findClash(repository, branch, tag, all);
  return { ...(await withBranch(repository, branch, clash === undefined ? (tag ?? null) : null)), clash };
}

async function withBranch(repository: Repository, branch: string, tag: string | null): Promise<Repository> {
  return withTag({ ...repository, settings: { ...repository.settings, branch } }, tag);
}

/** Why a branch can't have the tag. Of two branches with one tag, the one that was built first keeps it. */
async function findClash(
  repository: Repository,
  branch: string,
  tag: string,
  all: readonly string[],
): Promise<Trouble | undefined> {
  if (isReservedTag(tag)) return messages.tagReserved(branch, tag);
  if ((await readHead(repository, promotedRef(tag))) !== undefined) return messages.tagPromoted(branch, tag);
  const isBuilt = async (name: string) => (await readHead(repository, `refs/built/${name}`)) !== undefined;
  for (const other of all.slice(1))
    if (other !== branch && tagOfBranch(other) === tag && !((await isBuilt(branch)) && !(await isBuilt(other))))
      return messages.tagShared(branch, other, tag);
  return undefined;
}

/** The branch whose image has a tag; undefined: none that is built now. */
export async function findBranchOfTag(repository: Repository, tag: string): Promise<string | undefined> {
  return (await listBranches(repository)).slice(1).find((branch) => tagOfBranch(branch) === tag);
}
