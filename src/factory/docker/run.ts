import type { Readable } from 'node:stream';
import { exec, start } from '../../exec.ts';
import * as messages from '../messages/docker.ts';
import { lastLine } from './parse.ts';

export interface RunEnd {
  failed: boolean;
  /** The last lines of its output. */
  lines: string[];
}

/** Enough to explain a failure. */
const MAX_KEPT_LINES = 200;
/** An engine that hangs must not make those hang who ask it. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Runs a command to its end and keeps its last lines. */
export async function run(command: readonly string[], { signal }: { signal: AbortSignal }): Promise<RunEnd> {
  const lines: string[] = [];
  const failed = await stream(command, {
    signal,
    onLine(line) {
      lines.push(line);
      if (lines.length > MAX_KEPT_LINES) lines.shift();
    },
  });
  return { failed, lines };
}

/**
 * Runs a command to its end, or until the signal, and resolves to whether it failed. If we are killed, the kernel kills
 * it, and the engine stops its work.
 */
export async function stream(
  command: readonly string[],
  { env = {}, signal, onLine, keepUp = async () => {} }: StreamOptions,
): Promise<boolean> {
  signal.throwIfAborted();
  const child = start(command, { env: { ...process.env, ...env }, signal, dieWithParent: true });
  const outputs = [child.stdout, child.stderr].map((output) => eachLine(output, onLine, keepUp));
  const [{ failed, exitCode, reason }] = await Promise.all([child.ended, ...outputs]);
  signal.throwIfAborted();
  if (exitCode === undefined)
    onLine(reason.startsWith('SIG') ? messages.dockerKilled(reason) : messages.notStarted(command[0] ?? '', reason));
  return failed;
}

type OnLine = (line: string) => void;

interface StreamOptions {
  env?: Record<string, string>;
  signal: AbortSignal;
  onLine: OnLine;
  /** Nothing more is read until it resolves. */
  keepUp?: () => Promise<void>;
}

/** Longer lines are split. Much more than BuildKit puts into one message. */
const MAX_LINE_CHARS = 16 * 1024 ** 2;

/** The time grows with the length of a line, not with its square. */
async function eachLine(output: Readable, onLine: OnLine, keepUp: () => Promise<void>): Promise<void> {
  let begun: string[] = [];
  let chars = 0;
  const endLine = () => {
    onLine(begun.join('').replace(/\r$/, ''));
    begun = [];
    chars = 0;
  };
  for await (const text of output.setEncoding('utf8')) {
    for (const [index, piece] of (text as string).split('\n').entries()) {
      if (index > 0 || chars > MAX_LINE_CHARS) endLine();
      begun.push(piece);
      chars += piece.length;
    }
    await keepUp();
  }
  if (chars > 0) endLine();
}

export interface Answer {
  stdout: string;
  stderr: string;
  /** Why there is no answer, in one line. */
  failure: string | undefined;
}

/** Asks docker or buildx a question, with a time limit. Never rejects. */
export async function ask(
  command: readonly string[],
  { timeoutMs = ANSWER_TIMEOUT_MS, input }: { timeoutMs?: number; input?: Buffer | string } = {},
): Promise<Answer> {
  const { failed, exitCode, reason, stdout, stderr } = await exec(command, {
    env: { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', BUILDX_METADATA_PROVENANCE: 'disabled' },
    timeoutMs,
    ...(input === undefined ? {} : { input }),
  });
  if (!failed) return { stdout: stdout.trim(), stderr, failure: undefined };
  return { stdout: '', stderr, failure: exitCode === undefined ? reason : lastLine(stderr.split('\n')) };
}
