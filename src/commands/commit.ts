import * as messages from '../port/messages/commit.ts';
import type { Repository } from '../port/repository.ts';

/** A commit by whatever names it: an id, a short one, a branch, a tag; the build branch's head by default. */
export async function resolveCommit(
  { git, settings }: Repository,
  revision: string | undefined,
): Promise<{ commit: string; ref: string }> {
  const name = revision ?? `refs/heads/${settings.branch}`;
  const parse = (...args: string[]) => git('rev-parse', '--verify', '--quiet', ...args).catch(() => '');
  const commit = name.startsWith('-') ? '' : (await parse(`${name}^{commit}`)).trim();
  if (commit === '')
    throw revision === undefined ? messages.emptyRepository(settings) : messages.noSuchCommit(settings, revision);
  const ref = (await parse('--symbolic-full-name', name)).trim();
  return { commit, ref: ref || commit };
}
