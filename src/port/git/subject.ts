import type { BoundedGit } from './bounded-git.ts';

/** Git takes a subject of any length. */
const MAX_SUBJECT_CHARS = 500;

/** The first line of a commit's message, cut at 500 characters; empty if git cannot read it. */
export async function readSubject(git: BoundedGit, commit: string): Promise<string> {
  const subject = await git.ask(MAX_SUBJECT_CHARS, 'log', '-1', '--format=%s', commit).catch(() => '');
  return subject.trim().slice(0, MAX_SUBJECT_CHARS);
}
