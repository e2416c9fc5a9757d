import { readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';

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
  return allPids()
    .filter((pid) => read(pid, 'environ').includes(`HOME=${folder}/`))
    .flatMap(describe);
}

/** The same without the pusher, and without their git on port, which waits as long as the connection is open. */
export function ownProcessesOf(folder: string): Process[] {
  return processesOf(folder).filter(
    ({ pid, command }) =>
      !read(pid, 'environ').includes(`HOME=${folder}/pusher`) && !/^(?:git.receive-pack|git-shell) /.test(command),
  );
}

export function childrenOf(pid: number): Process[] {
  const threads = list(`${pid}/task`).map((thread) => read(pid, `task/${thread}/children`));
  return threads.flatMap((children) => children.split(' ').filter(Boolean).map(Number)).flatMap(describe);
}

/** All descendants, oldest generation first. */
export function descendantsOf(pid: number): Process[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap((child) => descendantsOf(child.pid))];
}

/** CPU time of a process's children that have ended, and of theirs. */
export async function endedChildrenCpuSeconds(pid: number): Promise<number> {
  const { stdout: ticksPerSecond } = await execa('getconf', ['CLK_TCK']);
  const [userTicks, systemTicks] = statOf(pid).slice(13).map(Number);
  return ((userTicks ?? Number.NaN) + (systemTicks ?? Number.NaN)) / Number(ticksPerSecond);
}

/** The fields of /proc/<pid>/stat from the third on: the second is a name, which may have spaces. */
const statOf = (pid: number): string[] =>
  read(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');

/** Zombies are left out. */
function describe(pid: number): Process[] {
  const [state, parent] = statOf(pid);
  const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
  return command === '' || state === 'Z' ? [] : [{ pid, parent: Number(parent), command }];
}

/** Of everyone but us. */
function allPids(): number[] {
  return list('')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number);
}

/** Both are empty if the process has exited, or may not be read. */
function list(folder: string): string[] {
  try {
    return readdirSync(`/proc/${folder}`);
  } catch {
    return [];
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
