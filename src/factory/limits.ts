/** How much of the machine builds may take, as values: nothing here touches a cgroup. */

export interface BuildLimits {
  /** Bytes, of one build and of all builds together. */
  memory: number;
  /** Of one build. */
  processes: number;
  /** As systemd counts it, where everything else has 100. */
  cpuWeight: number;
}

/** Where the kernel keeps the three controllers: one folder of version 2, or one each of version 1. */
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
  /** Not in every kernel, or not to be written before another one. */
  optional: boolean;
}

/** How many builds at their limit of processes there may be at once; the memory of all is that of one. */
const BUILDS_AT_ONCE = 4;

export const ofAllBuilds = (limits: BuildLimits): BuildLimits => ({
  ...limits,
  processes: BUILDS_AT_ONCE * limits.processes,
});

/**
 * A build that needs more memory than it may have ends at once, and doesn't drag the machine through its swap first.
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
    withSwap, // it may never be the lower one of the two, whether they are raised or lowered
    file('memory', 'limit_in_bytes', memory),
    withSwap,
    file('pids', 'max', processes),
    file('cpu', 'shares', Math.max(2, Math.round((1024 * cpuWeight) / 100))),
  ];
}

/** `/proc/self/mountinfo`: proc_pid_mountinfo(5). Of a hybrid, version 1 has the controllers. */
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
 * Where an engine puts the steps of a build. `each`: below the cgroup that it is told. `together`: BuildKit before 0.10
 * takes no notice of that, and has one of its own for all builds. `none`: with systemd's driver that old BuildKit gives
 * each step a cgroup beside those of services, and the classic builder takes nothing but a slice; a builder of its own
 * has cgroups of its own. https://github.com/moby/buildkit/pull/2430
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
  /** Whether the classic builder builds. */
  classic: boolean;
  /** Whether the builder isn't the one of this machine's engine. */
  elsewhere: boolean;
}
