import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Set in the environment of everything that runs inside. */
export const INSIDE = 'DOSKARA_TEST_MACHINE';

export const isInside = (): boolean => process.env[INSIDE] !== undefined;

/**
 * Runs this process again, on its own machine made of namespaces: with its own network, processes, mounts and
 * cgroups, and one directory in /var/tmp. However it ends (Ctrl-C, SIGTERM, `kill -9` of npm), the
 * kernel kills everything that was started there. Does not return. Does nothing if root is not available.
 */
export async function enterMachine(): Promise<void> {
  if (isInside() || !mayBeRoot()) return;
  const { uid, gid } = userInfo();
  const script = join(import.meta.dirname, 'machine.sh');
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const inside = [script, `${uid}:${gid}`, owners().join(' '), ...command];
  const [program = '', ...args] = [...asRoot(), 'sh', ...inside];
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  const exited = once(child, 'exit');
  // a terminal's Ctrl-C also goes to the child: wait until it has cleaned up
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [status] = (await exited) as [number | null];
  process.exit(status ?? 1);
}

function mayBeRoot(): boolean {
  if (process.getuid?.() === 0) return true;
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** sudo sets its own PATH and HOME. */
function asRoot(): string[] {
  if (process.getuid?.() === 0) return [];
  const kept = ['PATH', 'HOME', 'USER', 'LOGNAME'].map((name) => `${name}=${process.env[name] ?? ''}`);
  return ['sudo', '-n', '--preserve-env', '--', 'env', ...kept];
}

/** This process and, if npm started it, its ancestors up to npm: the tests end when any of them does. */
export function owners(): number[] {
  const chain = [process.pid];
  if (process.env['npm_lifecycle_event'] === undefined) return chain;
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    chain.push(pid);
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('npm')) return chain;
  }
  return [process.pid];
}

function parentOf(pid: number): number {
  const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(parent);
}
