import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { GitFailure, UNALTERED, withoutGit } from './git.ts';
import type { Quarantine } from './quarantine.ts';

/** Git for questions about what a pusher wrote: bounded in memory, and ended by a signal. */
export interface BoundedGit {
  /** A question with `-z`: the parts of its answer as they come. Whoever has enough ends git by reading no more. */
  list(...args: string[]): AsyncGenerator<string, void, undefined>;
  /** The first `longest` bytes of an answer, at least; what comes after the chunk with the last of them is left. */
  ask(longest: number, ...args: string[]): Promise<string>;
}

/** Bytes that a git may take for itself (RLIMIT_DATA); the packs that it maps do not count. */
const MEMORY = 1024 ** 3;

/** A git with its words, which gets no more memory than that: "fatal: Out of memory" is what it says then. */
export const boundedGit = (...args: string[]) => ['prlimit', [`--data=${MEMORY}`, 'git', ...args]] as const;

/** Both reject with a GitFailure where git does not end well, and with the signal's reason where that has ended it. */
export function openBoundedGit(folder: string, quarantine: Quarantine, signal?: AbortSignal): BoundedGit {
  async function* read(args: string[]): AsyncGenerator<string, void, undefined> {
    signal?.throwIfAborted();
    const git = spawn(...boundedGit(...args), {
      cwd: folder,
      env: { ...withoutGit(process.env), ...UNALTERED, ...quarantine },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = () => void git.kill('SIGKILL');
    signal?.addEventListener('abort', stop);
    const ended = Promise.all([once(git, 'close'), text(git.stderr)]);
    ended.catch(() => {}); // awaited below
    try {
      yield* git.stdout.setEncoding('utf8') as AsyncIterable<string>;
      const [[status], stderr] = await ended;
      signal?.throwIfAborted();
      if (status !== 0) throw new GitFailure(status, stderr);
    } finally {
      stop();
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    async *list(...args) {
      let rest = '';
      for await (const chunk of read(args)) {
        const parts = `${rest}${chunk}`.split('\0');
        rest = parts.pop() ?? '';
        yield* parts;
      }
    },
    async ask(longest, ...args) {
      let answer = '';
      for await (const chunk of read(args)) {
        answer += chunk;
        if (answer.length >= longest) break;
      }
      return answer;
    },
  };
}
