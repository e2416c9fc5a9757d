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
import * as messages from './messages.ts';

/** The cgroup of all builds, named as systemd names them: it is one of its slices where systemd runs. */
const SLICE = 'doskara.slice';

/** Where BuildKit before 0.10 has all its steps. */
const OLD_BUILDKIT = 'docker/buildkit';

/** The user that `--limit-builds` gives the slice to makes a cgroup for each app in it. */
export interface BuildGroup {
  /** For `--cgroup-parent`. */
  path: string;
  /** Whether the kernel has ended a process of it since it was asked for, for want of memory. */
  ranOutOfMemory(status: number): Promise<boolean>;
}

/**
 * Root, at boot: makes the cgroup that builds are in, with limits for all of them together, and lets the owner of the
 * spool make others in it. Rejects with exit code 4.
 */
export async function limitAllBuilds(limits: BuildLimits, way: CgroupWay | undefined, owner: string): Promise<void> {
  const hierarchies = await readHierarchies();
  if (hierarchies === undefined) throw messages.noCgroups('no cgroups with memory, pids and cpu are mounted');
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

/** Of version 2 a machine inside another one may have none. */
async function checkControllers(root: string): Promise<void> {
  const controllers = await readFile(join(root, 'cgroup.controllers'), 'utf8');
  if (!/\bmemory\b/.test(controllers)) throw new Error('its cgroups have no memory controller');
}

/** A slice needs no file: https://www.freedesktop.org/software/systemd/man/latest/systemd.slice.html */
async function startSlice({ memory, processes, cpuWeight }: BuildLimits): Promise<void> {
  const properties = [`MemoryMax=${memory}`, 'MemorySwapMax=0', `TasksMax=${processes}`, `CPUWeight=${cpuWeight}`];
  for (const args of [
    ['set-property', '--runtime', SLICE, ...properties],
    ['start', SLICE],
  ]) {
    const { failed, stderr } = await exec(['systemctl', ...args]);
    if (failed) throw new Error(`systemctl ${args[0]}: ${stderr.trim()}`);
  }
}

/**
 * The cgroup of an app's builds, with limits; undefined where there is no cgroup for builds. One for each app, not for
 * each build: in the hierarchies of version 1 that aren't limited the engine makes it, as root, and nobody removes it.
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

/** Whether an app's builds would be limited here. */
export async function canLimit(limits: BuildLimits): Promise<boolean> {
  const hierarchies = await readHierarchies();
  const group = await limitBuild('-check', limits); // no name of an app begins so
  if (hierarchies === undefined || group === undefined) return false;
  for (const folder of foldersOf(hierarchies, group.path)) await rmdir(folder).catch(() => {});
  return true;
}

/** Whether the cgroup that BuildKit before 0.10 has for all builds has limits. */
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
    if (hierarchies.version === 2) await handControllersOn(hierarchies.memory, dirname(group));
  }
  for (const { controller, name, value, optional } of limitFiles(hierarchies.version, limits)) {
    const writing = writeFile(join(hierarchies[controller], group, name), String(value), { flag: 'r+' });
    await writing.catch((error: unknown) => {
      if (!optional) throw error;
    });
  }
}

/** Version 2: a cgroup has the limits that all above it hand on. Systemd takes back what it doesn't need itself. */
async function handControllersOn(root: string, group: string): Promise<void> {
  if (group !== '.') await handControllersOn(root, dirname(group));
  const file = join(root, group, CONTROL);
  const handedOn = (await readFile(file, 'utf8')).trim().split(' ');
  const missing = ['memory', 'pids', 'cpu'].filter((controller) => !handedOn.includes(controller));
  if (missing.length > 0)
    await writeFile(file, missing.map((controller) => `+${controller}`).join(' '), { flag: 'r+' });
}

/**
 * Version 2 counts whom it has ended. Version 1 knows that of the cgroup of the step alone, which is gone; of ours only
 * the most that it has had, also where that was the cache of files and could be given back.
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
