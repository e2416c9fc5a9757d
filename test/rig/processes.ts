import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Root starts daemons directly, anyone else through sudo. */
export const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

export async function asRoot(...command: string[]): Promise<void> {
  const [program = '', ...args] = [...AS_ROOT, ...command];
  await execa(program, args, { env: { PATH } });
}

/** A daemon for the tests; its output goes to a file. */
export interface Daemon {
  pid: number;
  log: string;
  stop(): Promise<void>;
  /** Sends SIGKILL, as the kernel does when memory runs out. */
  kill(): Promise<void>;
  send(signal: 'STOP' | 'CONT'): Promise<void>;
}

/** Starts a daemon and waits until `ready` is true; fails with the end of its log if it exits or takes 30 seconds. */
export async function startDaemon(
  command: string[],
  log: string,
  ready: () => Promise<boolean>,
  env: NodeJS.ProcessEnv = {},
): Promise<Daemon> {
  const output = openSync(log, 'a');
  const [program = '', ...args] = [...AS_ROOT, ...command];
  const child = spawn(program, args, { stdio: ['ignore', output, output], env: { ...process.env, PATH, ...env } });
  closeSync(output);
  for (let tries = 0; !(await ready()); tries++) {
    if (child.exitCode !== null || tries > 300)
      throw new Error(`${command[0]} did not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
    await sleep(100);
  }
  return {
    pid: child.pid ?? 0,
    log,
    stop: () => stop(child),
    kill: () => kill(child),
    send: (signal) => send(child, signal),
  };
}

/** In Debian, daemons are not in users' PATH. */
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  await send(child, 'KILL');
  await ended;
}

async function send(child: ChildProcess, signal: 'KILL' | 'STOP' | 'CONT'): Promise<void> {
  const starter = String(child.pid);
  const daemon = AS_ROOT.length === 0 ? starter : (await execa('pgrep', ['--parent', starter])).stdout;
  await asRoot('kill', `-${signal}`, daemon);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function answers(tcpPort: number): Promise<boolean> {
  const socket = connect(tcpPort, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
