import type { ExecResult } from '../../exec.ts';

/** Asks git one thing about one repository; resolves to its stdout, rejects with a GitFailure unless it exits with 0. */
export type Git = (...args: string[]) => Promise<string>;

/**
 * Every git of ours ignores refs/replace, which pushers may have written, and info/grafts: both show another object in
 * place of a commit (https://git-scm.com/docs/git-replace). /dev/null has no file in it.
 */
export const UNALTERED = { GIT_NO_REPLACE_OBJECTS: '1', GIT_GRAFT_FILE: '/dev/null/grafts' };
Object.assign(process.env, UNALTERED); // simple-git only inherits such variables

/**
 * Git for the repository in a folder, for short answers (at most 16 MiB) or none. Discovery finds the repository, so
 * that safe.directory applies. Of the GIT_* variables of the hook that we may run in, only `letThrough` are passed on.
 */
export function openGit(folder: string, letThrough: readonly string[] = []): Git {
  return async (...args) => {
    const { exec } = await import('../../exec.ts'); // a push that builds nothing may need no git
    const kept = Object.fromEntries(letThrough.map((name) => [name, process.env[name]]));
    const env = { ...withoutGit(process.env), ...UNALTERED, ...kept };
    const result = await exec(['git', ...args], { cwd: folder, env });
    if (result.failed) throw gitFailure(result, result.stderr);
    return result.stdout;
  };
}

/**
 * The same through simple-git, for answers of any length, such as lists of all refs. It waits 50 ms longer after a
 * command that prints nothing, and its `completion` option does not change that.
 */
export function openLongGit(folder: string): Git {
  return async (...args) => {
    const { simpleGit, GitError } = await import('simple-git');
    const git = simpleGit({
      baseDir: folder,
      allowEnvironment: Object.keys(UNALTERED),
      completion: { onClose: true, onExit: false }, // by default it stops reading 50 ms after the exit
      errors: (error, { exitCode, stdErr }) =>
        exitCode === 0
          ? error
          : new GitError(undefined, Buffer.concat(stdErr).toString().trim() || `exit code ${exitCode}`),
    });
    return git.raw(args);
  };
}

/** Git did not exit with 0. */
export class GitFailure extends Error {
  /** null: a signal ended it. */
  readonly exitCode: number | null;

  constructor(exitCode: number | null, stderr: string) {
    super(stderr.trim() || `git ended with ${exitCode ?? 'a signal'}`);
    this.exitCode = exitCode;
  }
}

/** The error of a git that failed: a GitFailure, unless it could not be started at all. */
export function gitFailure({ exitCode, reason }: ExecResult, stderr: string): Error {
  if (exitCode === undefined && !reason.startsWith('SIG')) return new Error(`git: ${reason}`);
  return new GitFailure(exitCode ?? null, stderr);
}

/** The environment without git's own variables, which in a hook name the pushed repository. */
export function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('GIT_')));
}

/** Asks git a question to which exit code 1 means that there is no answer: resolves to undefined then. */
export async function ask(git: Git, ...args: string[]): Promise<string | undefined> {
  return git(...args).catch((error: unknown) => {
    if (error instanceof GitFailure && error.exitCode === 1) return undefined;
    throw error;
  });
}
