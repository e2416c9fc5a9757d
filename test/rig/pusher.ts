import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clone } from './clone.ts';

/** A `git push` at a terminal: its git and ssh are one process group. */
export interface Pusher extends AsyncDisposable {
  /** Ctrl-C is SIGINT. */
  send(signal: NodeJS.Signals): void;
  /** What it has printed. */
  text(): string;
  /** Resolves when git has exited. */
  ended: Promise<void>;
}

export function startPush(clone: Clone, env: NodeJS.ProcessEnv): Pusher {
  const git = spawn('git', ['push', 'doskara', 'main'], {
    cwd: clone.folder,
    env: { PATH: process.env['PATH'], ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [git.stdout, git.stderr]) stream.on('data', (chunk) => (text += chunk));
  const ended = once(git, 'exit').then(() => {});
  const send = (signal: NodeJS.Signals) => {
    if (git.pid !== undefined && git.exitCode === null && git.signalCode === null) process.kill(-git.pid, signal);
  };
  return {
    send,
    text: () => text,
    ended,
    async [Symbol.asyncDispose]() {
      send('SIGKILL');
      await ended;
    },
  };
}
