import { readFile } from 'node:fs/promises';

/** A process that can be told from a later one with the same pid. */
export interface ProcessId {
  pid: number;
  /** Its start, in clock ticks since boot: field 22 of proc(5)'s stat. */
  pidStart: string;
}

export async function thisProcess(): Promise<ProcessId> {
  return { pid: process.pid, pidStart: (await startOf('self')) ?? '' };
}

export async function isAlive({ pid, pidStart }: ProcessId): Promise<boolean> {
  return (await startOf(pid)) === pidStart;
}

async function startOf(pid: number | 'self'): Promise<string | undefined> {
  return (await readStat(pid))?.pidStart;
}

/** What proc(5)'s stat says of a process. */
export interface ProcessStat extends ProcessId {
  parent: number;
  threads: number;
}

/** undefined: there is no such process, or only its exit code is left. Fields are counted behind the name, which may hold spaces. */
export async function readStat(pid: number | 'self'): Promise<ProcessStat | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const pidStart = fields[19];
  if (pidStart === undefined || ['Z', 'X'].includes(fields[0] ?? '')) return undefined;
  return { pid: Number.parseInt(stat, 10), pidStart, parent: Number(fields[1]), threads: Number(fields[17]) };
}
