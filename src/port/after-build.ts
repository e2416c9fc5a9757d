import type { Readable } from 'node:stream';
import type { Hint } from '../errors.ts';
import { start } from '../exec.ts';
import { LineSplitter } from '../lines.ts';
import type { AfterBuildEnd, BuildRecord } from './build-record.ts';
import { withoutGit } from './git/git.ts';
import * as messages from './messages/build.ts';
import type { Repository } from './repository.ts';

/** `failure`: why it failed, in a sentence; `hint`: what to do, if its own output may not say it. */
type Ending = AfterBuildEnd & { failure: string | undefined; hint: Hint | undefined };

/** The next build of the app waits for it. */
const TIMEOUT_S = 300;

/**
 * Runs `doskara.afterBuild` after a build: in sh, as git runs commands from its configuration, with the record as JSON
 * on stdin and in DOSKARA_* variables. Calls `say` with each line of its output. Never rejects.
 */
export async function runAfterBuild(
  { path, settings }: Repository,
  record: BuildRecord,
  say: (line: string) => void,
): Promise<Ending> {
  const begun = performance.now();
  // timeout(1) kills the whole process group, including background processes
  const child = start(['timeout', '--kill-after=5', String(TIMEOUT_S), 'sh', '-c', settings.afterBuild ?? ''], {
    cwd: path,
    // without GIT_DIR, so that git commands in it use the repository they name
    env: { ...withoutGit(process.env), ...asVariables(record) },
  });
  const outputs = [child.stdout, child.stderr];
  child.stdin.on('error', () => {}); // it need not read the record
  child.stdin.end(JSON.stringify(record));
  const shown = Promise.all(outputs.map((output) => eachLine(output, say)));
  await child.exited;
  // a background process that left the group may hold the pipe open
  const timer = setTimeout(() => outputs.map((output) => output.destroy()), DRAIN_MS);
  await shown;
  clearTimeout(timer);
  const { exitCode, failed, reason } = await child.ended;
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  const end = { seconds, failure: undefined, hint: undefined };
  if (!failed) return { ...end, exitCode: 0 };
  if (exitCode === TIMED_OUT) return { ...end, exitCode: null, failure: messages.afterBuildTimedOut(TIMEOUT_S) };
  if (child.pid === undefined) return { ...end, exitCode: null, failure: messages.afterBuildNotStarted(path, reason) };
  const failure = messages.afterBuildFailed(exitCode ?? reason);
  return { ...end, exitCode: exitCode ?? null, failure, hint: messages.afterBuildHint(record.app, exitCode) };
}

async function eachLine(output: Readable, say: (line: string) => void): Promise<void> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of output) for (const { text } of splitter.split(chunk)) say(text);
  } catch {
    // destroyed after DRAIN_MS
  }
  for (const { text } of splitter.end()) say(text);
}

/** How long to read what is still in the pipe after the command has exited. */
const DRAIN_MS = 500;

/** Exit code of timeout(1) after a timeout. */
const TIMED_OUT = 124;

/** Linux limits a variable to 128 KiB, and a pusher may write a subject longer than that. */
const MAX_VARIABLE_CHARS = 4096;

/** `exitCode` → `DOSKARA_EXIT_CODE`; null becomes an empty string. */
function asVariables(record: BuildRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => typeof value !== 'object' || value === null)
      .map(([key, value]) => [
        `DOSKARA_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
        String(value ?? '').slice(0, MAX_VARIABLE_CHARS),
      ]),
  );
}
