import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import * as words from '../words.ts';

export interface RunEnd {
  failed: boolean;
  /** The last lines of its output. */
  lines: string[];
}

/** Lines that are kept to explain a failure. */
const KEPT_LINES = 200;
/** Milliseconds that docker gets to end by itself when it is told to. */
const GRACE_MS = 5000;

/** Runs a program to its end, or until the signal. If we are killed, the kernel kills it, and the engine stops its work. */
export async function run(
  command: readonly string[],
  { env = {}, signal, onLine = () => {} }: { env?: Record<string, string>; signal: AbortSignal; onLine?: OnLine },
): Promise<RunEnd> {
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
  const lines: string[] = [];
  const add = (line: string) => {
    onLine(line);
    lines.push(line);
    if (lines.length > 2 * KEPT_LINES) lines.splice(0, KEPT_LINES);
  };
  const outputs = [child.stdout, child.stderr].map((output) => eachLine(output, add));
  const [[status, killer]] = await Promise.all([once(child, 'close'), ...outputs]);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (killer !== null) lines.push(words.dockerKilled(killer));
  return { failed: status !== 0, lines };
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

/** Why docker failed: its last line, without what it puts before every reason. */
export function lastLine(lines: readonly string[]): string {
  const line = lines.findLast((text) => text.trim() !== '') ?? 'it said nothing';
  return line.replace(PREFIXES, '') || line;
}

/** What docker and BuildKit put before a reason; the last two tell of a push which image and which request it was. */
const PREFIXES =
  /^(?:ERROR: |error: |failed to build: |failed to solve: |Error response from daemon: |failed to push \S+: |failed to do request: \w+ "[^"]*": )+/;
