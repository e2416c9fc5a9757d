import { readFile } from 'node:fs/promises';

/** A process, distinguishable from a later one with the same pid. */
export interface ProcessId {
  pid: number;
  /** Start time in clock ticks since boot: field 22 of /proc/<pid>/stat, see proc(5). */
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

/** Fields of /proc/<pid>/stat. */
export interface ProcessStat extends ProcessId {
  parent: number;
  threads: number;
}

/** undefined if there is no such process, or only a zombie. Fields are counted after the name, which may have spaces. */
export async function readStat(pid: number | 'self'): Promise<ProcessStat | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const pidStart = fields[19];
  if (pidStart === undefined || ['Z', 'X'].includes(fields[0] ?? '')) return undefined;
  return { pid: Number.parseInt(stat, 10), pidStart, parent: Number(fields[1]), threads: Number(fields[17]) };
}
