import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import * as messages from '../messages.ts';

export interface RunEnd {
  failed: boolean;
  /** The last lines of its output. */
  lines: string[];
}

/** Lines that are kept to explain a failure. */
const KEPT_LINES = 200;
/** Milliseconds that docker gets to end by itself when it is told to. */
const GRACE_MS = 5000;

/** Runs a program to its end and keeps its last lines. */
export async function run(command: readonly string[], { signal }: { signal: AbortSignal }): Promise<RunEnd> {
  const lines: string[] = [];
  const failed = await stream(command, {
    signal,
    onLine(line) {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    },
  });
  return { failed, lines };
}

/**
 * Runs a program to its end, or until the signal; resolves with whether it failed. If we are killed, the kernel kills
 * it, and the engine stops its work.
 */
export async function stream(
  command: readonly string[],
  { env = {}, signal, onLine }: { env?: Record<string, string>; signal: AbortSignal; onLine: OnLine },
): Promise<boolean> {
  signal.throwIfAborted();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => {
    child.kill();
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  signal.addEventListener('abort', stop);
  const outputs = [child.stdout, child.stderr].map((output) => eachLine(output, onLine));
  const [[status, killer]] = await Promise.all([once(child, 'close'), ...outputs]);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (killer !== null) onLine(messages.dockerKilled(killer));
  return status !== 0;
}

type OnLine = (line: string) => void;

async function eachLine(output: Readable, onLine: OnLine): Promise<void> {
  let rest = '';
  for await (const text of output.setEncoding('utf8')) {
    const lines = `${rest}${text}`.split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  }
  if (rest !== '') onLine(rest);
}
