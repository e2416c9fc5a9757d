/** How much of the machine builds may use, as values: cgroups.ts applies them. */

export interface BuildLimits {
  /** Bytes, of one build and of all builds together. */
  memory: number;
  /** Of one build. */
  processes: number;
  /** As in systemd's CPUWeight; the default of everything else is 100. */
  cpuWeight: number;
}

/** Where the three controllers are mounted: one folder in version 2, one each in version 1. */
export interface Hierarchies {
  version: 1 | 2;
  memory: string;
  pids: string;
  cpu: string;
}

/** A file of a cgroup, and what is written to it. */
export interface LimitFile {
  controller: 'memory' | 'pids' | 'cpu';
  name: string;
  value: number;
  /** A failure to write it is ignored: not every kernel has it, and some writes must come after another. */
  optional: boolean;
}

/** So many builds can reach their process limit at once; they share the memory of one. */
const BUILDS_AT_ONCE = 4;

export const ofAllBuilds = (limits: BuildLimits): BuildLimits => ({
  ...limits,
  processes: BUILDS_AT_ONCE * limits.processes,
});

/**
 * Swap is off, so that a build over its memory limit is killed at once instead of slowing the machine down.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
 */
export function limitFiles(version: 1 | 2, { memory, processes, cpuWeight }: BuildLimits): LimitFile[] {
  const file = (controller: LimitFile['controller'], name: string, value: number, optional = false) => ({
    controller,
    name: `${controller}.${name}`,
    value,
    optional,
  });
  if (version === 2)
    return [
      file('memory', 'max', memory),
      file('memory', 'swap.max', 0, true),
      file('pids', 'max', processes),
      file('cpu', 'weight', cpuWeight),
    ];
  const withSwap = file('memory', 'memsw.limit_in_bytes', memory, true);
  return [
    withSwap, // must never be below the next one: written before it for raising, after it for lowering
    file('memory', 'limit_in_bytes', memory),
    withSwap,
    file('pids', 'max', processes),
    file('cpu', 'shares', Math.max(2, Math.round((1024 * cpuWeight) / 100))),
  ];
}

/** `mountinfo`: see proc_pid_mountinfo(5). If both versions are mounted, version 1 has the controllers. */
export function parseHierarchies(mountinfo: string): Hierarchies | undefined {
  const mounts = mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    return /^cgroup2?$/.test(type) ? [{ point: left.split(' ')[4] ?? '', type, options: options.split(',') }] : [];
  });
  const of = (controller: string) =>
    mounts.findLast(({ type, options }) => type === 'cgroup' && options.includes(controller))?.point;
  const [memory, pids, cpu] = [of('memory'), of('pids'), of('cpu')];
  if (memory !== undefined && pids !== undefined && cpu !== undefined) return { version: 1, memory, pids, cpu };
  const unified = mounts.findLast(({ type }) => type === 'cgroup2')?.point;
  return unified === undefined ? undefined : { version: 2, memory: unified, pids: unified, cpu: unified };
}

/**
 * Which cgroup the steps of a build are in. `each`: the one that the build names. `together`: BuildKit before 0.10
 * ignores that name and uses one cgroup for all builds. `none`: none that we can limit. With systemd's driver, that old
 * BuildKit creates a cgroup per step beside those of services, and the classic builder accepts only a slice; a separate
 * BuildKit has its own. https://github.com/moby/buildkit/pull/2430
 */
export type CgroupWay = 'each' | 'together' | 'none';

export function chooseCgroupWay({ serverVersion, driver, classic, elsewhere }: CgroupFacts): CgroupWay {
  if (elsewhere) return 'none';
  const systemd = driver !== 'cgroupfs';
  if (Number.parseInt(serverVersion, 10) >= 23) return classic && systemd ? 'none' : 'each';
  return systemd ? 'none' : 'together';
}

interface CgroupFacts {
  serverVersion: string;
  /** `cgroupfs` or `systemd`. */
  driver: string;
  /** Whether builds use the classic builder. */
  classic: boolean;
  /** Whether the builder is outside this machine's engine. */
  elsewhere: boolean;
}
