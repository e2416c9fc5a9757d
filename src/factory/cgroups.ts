import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exec } from '../exec.ts';
import {
  type BuildLimits,
  type CgroupWay,
  type Hierarchies,
  limitFiles,
  ofAllBuilds,
  parseHierarchies,
} from './limits.ts';
import * as messages from './messages/limits.ts';

/** The cgroup of all builds; where systemd runs, one of its slices. */
const SLICE = 'doskara.slice';

/** BuildKit before 0.10 puts all steps here. */
const OLD_BUILDKIT = 'docker/buildkit';

/** The cgroup of an app, inside the slice: `--limit-builds` gives the slice to the user who builds. */
export interface BuildGroup {
  /** For `--cgroup-parent`. */
  path: string;
  /** Whether the kernel has killed a process in it for lack of memory. `status`: the exit code of the step. */
  ranOutOfMemory(status: number): Promise<boolean>;
}

/**
 * Run by root at boot: creates the cgroup of all builds, with limits for all together, and lets the spool's owner
 * create others inside. Rejects with exit code 4.
 */
export async function limitAllBuilds(limits: BuildLimits, way: CgroupWay | undefined, owner: string): Promise<void> {
  const hierarchies = await readHierarchies();
  if (hierarchies === undefined) throw messages.noCgroups(messages.NO_CONTROLLERS);
  const { uid, gid } = await stat(owner);
  try {
    if (hierarchies.version === 2) await checkControllers(hierarchies.memory);
    if (hierarchies.version === 2 && existsSync('/run/systemd/system')) await startSlice(ofAllBuilds(limits));
    else await makeGroup(hierarchies, SLICE, ofAllBuilds(limits));
    for (const folder of foldersOf(hierarchies, SLICE)) {
      await chown(folder, uid, gid);
      if (hierarchies.version === 2) await chown(join(folder, CONTROL), uid, gid);
    }
    if (way !== 'each') await makeGroup(hierarchies, OLD_BUILDKIT, ofAllBuilds(limits));
  } catch (error) {
    throw messages.noCgroups(error instanceof Error ? error.message : String(error));
  }
}

const CONTROL = 'cgroup.subtree_control';

/** Inside a container or virtual machine, cgroup version 2 may lack controllers. */
async function checkControllers(root: string): Promise<void> {
  const controllers = await readFile(join(root, 'cgroup.controllers'), 'utf8');
  if (!/\bmemory\b/.test(controllers)) throw new Error(messages.NO_MEMORY_CONTROLLER);
}

/** A slice needs no unit file: https://www.freedesktop.org/software/systemd/man/latest/systemd.slice.html */
async function startSlice({ memory, processes, cpuWeight }: BuildLimits): Promise<void> {
  const properties = [`MemoryMax=${memory}`, 'MemorySwapMax=0', `TasksMax=${processes}`, `CPUWeight=${cpuWeight}`];
  const commands: [string, ...string[]][] = [
    ['set-property', '--runtime', SLICE, ...properties],
    ['start', SLICE],
  ];
  for (const args of commands) {
    const { failed, stderr } = await exec(['systemctl', ...args]);
    if (failed) throw new Error(messages.systemctlFailed(args[0], stderr));
  }
}

/**
 * Creates the limited cgroup of an app's builds; undefined if there is no cgroup for builds. One per app instead of one
 * per build, because the engine also creates it, as root, in the version 1 hierarchies that we do not limit, and nobody
 * removes it there.
 */
export async function limitBuild(app: string, limits: BuildLimits): Promise<BuildGroup | undefined> {
  const hierarchies = await readHierarchies();
  if (hierarchies === undefined) return undefined;
  const path = `${SLICE}/app-${app}`;
  try {
    await makeGroup(hierarchies, path, limits);
  } catch {
    return undefined;
  }
  const folder = join(hierarchies.memory, path);
  return { path: `/${path}`, ranOutOfMemory: await watchMemory(folder, hierarchies.version, limits.memory) };
}

/** Whether builds on this machine are limited. */
export async function canLimit(limits: BuildLimits): Promise<boolean> {
  const hierarchies = await readHierarchies();
  const group = await limitBuild('-check', limits); // not an app name
  if (hierarchies === undefined || group === undefined) return false;
  for (const folder of foldersOf(hierarchies, group.path)) await rmdir(folder).catch(() => {});
  return true;
}

/** Whether the cgroup that BuildKit before 0.10 uses for all builds is limited. */
export async function areLimitedTogether(): Promise<boolean> {
  const hierarchies = await readHierarchies();
  if (hierarchies === undefined) return false;
  const max = await readFile(join(hierarchies.pids, OLD_BUILDKIT, 'pids.max'), 'utf8').catch(() => 'max');
  return max.trim() !== 'max';
}

async function readHierarchies(): Promise<Hierarchies | undefined> {
  return parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
}

function foldersOf({ memory, pids, cpu }: Hierarchies, group: string): string[] {
  return [...new Set([memory, pids, cpu])].map((point) => join(point, group));
}

async function makeGroup(hierarchies: Hierarchies, group: string, limits: BuildLimits): Promise<void> {
  for (const folder of foldersOf(hierarchies, group)) {
    if (group === OLD_BUILDKIT) await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (hierarchies.version === 2) await enableControllers(hierarchies.memory, dirname(group));
  }
  for (const { controller, name, value, optional } of limitFiles(hierarchies.version, limits)) {
    const writing = writeFile(join(hierarchies[controller], group, name), String(value), { flag: 'r+' });
    await writing.catch((error: unknown) => {
      if (!optional) throw error;
    });
  }
}

/** In version 2 a cgroup has only the controllers that its parents enable; systemd disables those it does not use. */
async function enableControllers(root: string, group: string): Promise<void> {
  if (group !== '.') await enableControllers(root, dirname(group));
  const file = join(root, group, CONTROL);
  const enabled = (await readFile(file, 'utf8')).trim().split(' ');
  const missing = ['memory', 'pids', 'cpu'].filter((controller) => !enabled.includes(controller));
  if (missing.length > 0)
    await writeFile(file, missing.map((controller) => `+${controller}`).join(' '), { flag: 'r+' });
}

/**
 * Version 2 counts killed processes in all cgroups below ours. Version 1 counts them only in the step's own cgroup, which
 * no longer exists; for ours it knows the peak, which includes page cache. So there, a killed step and a peak near the
 * limit have to do.
 */
async function watchMemory(folder: string, version: 1 | 2, limit: number): Promise<BuildGroup['ranOutOfMemory']> {
  const [file, pattern] = version === 2 ? ['memory.events', /^oom_kill (\d+)$/m] : [PEAK_FILE, /(\d+)/];
  const read = async () => Number(pattern.exec(await readFile(join(folder, file), 'utf8').catch(() => ''))?.[1] ?? 0);
  if (version === 1) await writeFile(join(folder, PEAK_FILE), '0', { flag: 'r+' }).catch(() => {});
  const before = await read();
  return async (status) =>
    version === 2 ? (await read()) > before : status === KILLED_EXIT_CODE && (await read()) > 0.99 * limit;
}

const PEAK_FILE = 'memory.max_usage_in_bytes';
const KILLED_EXIT_CODE = 128 + 9;
