import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { LineSplitter } from '../lines.ts';
import type { BuildRecord } from './build-record.ts';
import { withoutGit } from './git/git.ts';
import * as messages from './messages.ts';
import type { Repository } from './repository.ts';

/** Seconds that it may take; the next build of the app waits for it. */
const LIMIT = 300;

/**
 * Runs `doskara.afterBuild` for a build that has ended: by sh, as git runs commands of its configuration, with the
 * record as JSON on standard input and in DOSKARA_* variables. `say` gets what it prints, line by line. Never rejects:
 * resolves with why it failed, undefined where it did not.
 */
export async function runAfterBuild(
  { path, settings }: Repository,
  record: BuildRecord,
  say: (line: string) => void,
): Promise<string | undefined> {
  // timeout(1) ends the whole process group, with whatever the command has left behind
  const child = spawn('timeout', ['--kill-after=5', String(LIMIT), 'sh', '-c', settings.afterBuild ?? ''], {
    cwd: path,
    // a git that the command runs asks about the repository that it names
    env: { ...withoutGit(process.env), ...asVariables(record) },
  });
  child.stdin.on('error', () => {}); // it need not read the record
  child.stdin.end(JSON.stringify(record));
  const shown = Promise.all([child.stdout, child.stderr].map((output) => eachLine(output, say)));
  const status = await once(child, 'exit').then(
    ([code, signal]): number | string => code ?? signal,
    (error: Error) => error.message,
  );
  // who stays in the background holds the pipe
  const patience = setTimeout(() => [child.stdout, child.stderr].map((output) => output.destroy()), GRACE);
  await shown;
  clearTimeout(patience);
  if (status === 0) return undefined;
  return status === TIMED_OUT ? messages.afterBuildTimedOut(LIMIT) : messages.afterBuildFailed(status);
}

async function eachLine(output: Readable, say: (line: string) => void): Promise<void> {
  const cutter = new LineSplitter();
  try {
    for await (const chunk of output) for (const { text } of cutter.cut(chunk)) say(text);
  } catch {
    // cut off by our patience
  }
  for (const { text } of cutter.end()) say(text);
}

/** Milliseconds for what is still in the pipe. */
const GRACE = 500;

/** What timeout(1) ends with when the time is over. */
const TIMED_OUT = 124;

/** Characters. Linux starts nothing with a variable of 128 KiB, and a pusher may write such a subject. */
const LONGEST = 4096;

/** `exitCode` → `DOSKARA_EXIT_CODE`; what the record leaves open is empty. */
function asVariables(record: BuildRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => typeof value !== 'object' || value === null)
      .map(([key, value]) => [
        `DOSKARA_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
        String(value ?? '').slice(0, LONGEST),
      ]),
  );
}
