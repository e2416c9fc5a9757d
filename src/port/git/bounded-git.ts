import type { Readable } from 'node:stream';
import { start } from '../../exec.ts';
import { gitFailure, UNALTERED, withoutGit } from './git.ts';
import type { Quarantine } from './quarantine.ts';

/** Git for questions about what a pusher wrote: limited in memory, killed on abort. */
export interface BoundedGit {
  /**
   * Runs a command with `-z` and yields the parts of its output. One that is far longer than a path can be is not whole.
   * Stop reading to end git.
   */
  list(...args: string[]): AsyncGenerator<string, void, undefined>;
  /** Resolves to the output, cut off after the chunk that reaches `maxLength` characters. */
  ask(maxLength: number, ...args: string[]): Promise<string>;
}

/** RLIMIT_DATA of git; packs that it maps do not count. */
const MAX_MEMORY_BYTES = 1024 ** 3;

/** The command for a git with limited memory; beyond that it fails with "fatal: Out of memory". */
export const boundedGit = (...args: string[]) => ['prlimit', `--data=${MAX_MEMORY_BYTES}`, 'git', ...args];

/** Git takes a name of any length. */
const MAX_PART_LENGTH = 16 * 1024;

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
    const stderr = lastOf(git.stderr);
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
        rest = (parts.pop() ?? '').slice(0, MAX_PART_LENGTH);
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

const MAX_STDERR_LENGTH = 16 * 1024;

/** The last of what git says: the error. A pusher can have it warn without end, of each line of many .gitattributes. */
export async function lastOf(stderr: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stderr.setEncoding('utf8') as AsyncIterable<string>)
      text = `${text}${chunk}`.slice(-MAX_STDERR_LENGTH);
  } catch {
    // what was read before must do
  }
  return text;
}
