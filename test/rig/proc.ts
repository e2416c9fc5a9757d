import { readdirSync, readFileSync } from 'node:fs';

/** A process as proc(5) shows it. */
export interface Process {
  pid: number;
  parent: number;
  /** Its command line, with spaces between arguments. */
  command: string;
}

/**
 * All processes of a platform: those with a home in its directory (the hook, the runner and their children, the
 * pusher's git and ssh). Daemons and sshd's sessions have none there.
 */
export function processesOf(folder: string): Process[] {
  return listProcesses().filter(({ pid }) => read(pid, 'environ').includes(`HOME=${folder}/`));
}

/** The same without the pusher, and without their git on port, which waits as long as the connection is open. */
export function ownProcessesOf(folder: string): Process[] {
  return processesOf(folder).filter(
    ({ pid, command }) =>
      !read(pid, 'environ').includes(`HOME=${folder}/pusher`) && !/^(?:git.receive-pack|git-shell) /.test(command),
  );
}

export function childrenOf(pid: number): Process[] {
  return listProcesses().filter(({ parent }) => parent === pid);
}

/** All descendants, oldest generation first. */
export function descendantsOf(pid: number): Process[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap((child) => descendantsOf(child.pid))];
}

/** Zombies are left out. */
function listProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const [state, parent] = read(Number(name), 'stat')
        .replace(/^.*\) /s, '')
        .split(' ');
      const command = read(Number(name), 'cmdline').replaceAll('\0', ' ').trim();
      return command === '' || state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), command }];
    });
}

/** Empty if the process has exited, or may not be read. */
function read(pid: number, file: 'stat' | 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
