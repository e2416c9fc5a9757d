import { GitError, type SimpleGit, simpleGit } from 'simple-git';

/** Asks git one thing about one repository; resolves with what it prints, rejects when it exits other than 0. */
export type Git = (...args: string[]) => Promise<string>;

/**
 * What every git of ours is told: a commit is what its id says. Refs in refs/replace, which pushers may have written, and
 * info/grafts show other objects in its place (https://git-scm.com/docs/git-replace); /dev/null has no file in it.
 */
export const UNALTERED = { GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null/grafts' };
Object.assign(process.env, UNALTERED); // simple-git lets variables through, but takes none besides

/**
 * Git for the repository in a folder. It is found by discovery, so that safe.directory holds, and without the GIT_*
 * variables of the hook we may run in: simple-git strips them all, but those that are `letThrough`.
 */
export function openGit(folder: string, letThrough: readonly string[] = []): Git {
  const git: SimpleGit = simpleGit({
    baseDir: folder,
    allowEnvironment: [...Object.keys(UNALTERED), ...letThrough],
    completion: { onClose: true, onExit: false }, // its own limit, 50 ms after the exit, may cut a long answer
    errors: (error, { exitCode, stdErr }) =>
      exitCode === null || exitCode > 0 ? new GitFailure(exitCode, Buffer.concat(stdErr).toString()) : error,
  });
  // simple-git gives a command that prints nothing 50 ms more, so something is said to have come: of no bytes
  git.outputHandler((_, stdout) => setImmediate(() => stdout.emit('data', Buffer.alloc(0))));
  return async (...args) => git.raw(args);
}

/** Git ended with something other than 0. Of simple-git's own class, since it turns any other into that. */
export class GitFailure extends GitError {
  /** null: a signal has ended it. */
  readonly exitCode: number | null;

  constructor(exitCode: number | null, stderr: string) {
    super(undefined, stderr.trim() || `git ended with ${exitCode ?? 'a signal'}`);
    this.exitCode = exitCode;
  }
}

/** The environment without git's own variables, which in a hook name the pushed repository. */
export function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('GIT_')));
}

/** Like a question to git, for those that it answers with exit code 1 when there is nothing to tell. */
export async function ask(git: Git, ...args: string[]): Promise<string | undefined> {
  return git(...args).catch((error: unknown) => {
    if (error instanceof GitFailure && error.exitCode === 1) return undefined;
    throw error;
  });
}
