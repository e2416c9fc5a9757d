import { text } from 'node:stream/consumers';
import { start } from '../../exec.ts';
import { gitFailure, UNALTERED, withoutGit } from './git.ts';
import type { Quarantine } from './quarantine.ts';

/** Git for questions about what a pusher wrote: limited in memory, killed on abort. */
export interface BoundedGit {
  /** Runs a command with `-z` and yields the parts of its output. Stop reading to end git. */
  list(...args: string[]): AsyncGenerator<string, void, undefined>;
  /** Resolves to the output, cut off after the chunk that reaches `maxLength` characters. */
  ask(maxLength: number, ...args: string[]): Promise<string>;
}

/** RLIMIT_DATA of git; packs that it maps do not count. */
const MAX_MEMORY_BYTES = 1024 ** 3;

/** The command for a git with limited memory; beyond that it fails with "fatal: Out of memory". */
export const boundedGit = (...args: string[]) => ['prlimit', `--data=${MAX_MEMORY_BYTES}`, 'git', ...args];

/** Both methods reject with a GitFailure if git fails, and with the signal's reason on abort. */
export function openBoundedGit(folder: string, quarantine: Quarantine, signal?: AbortSignal): BoundedGit {
  async function* read(args: string[]): AsyncGenerator<string, void, undefined> {
    signal?.throwIfAborted();
    const git = start(boundedGit(...args), {
      cwd: folder,
      env: { ...withoutGit(process.env), ...UNALTERED, ...quarantine },
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { signal }),
    });
    git.stdin.end();
    const stderr = text(git.stderr);
    stderr.catch(() => {}); // awaited below
    try {
      yield* git.stdout.setEncoding('utf8') as AsyncIterable<string>;
      const result = await git.ended;
      signal?.throwIfAborted();
      if (result.failed) throw gitFailure(result, await stderr);
    } finally {
      git.kill('SIGKILL');
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
    async ask(maxLength, ...args) {
      let answer = '';
      for await (const chunk of read(args)) {
        answer += chunk;
        if (answer.length >= maxLength) break;
      }
      return answer;
    },
  };
}
