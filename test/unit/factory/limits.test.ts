import { describe, expect, test } from 'vitest';
import { chooseCgroupWay, limitFiles, ofAllBuilds, parseHierarchies } from '../../../src/factory/limits.ts';

const LIMITS = { memory: 3_000_000_000, processes: 4096, cpuWeight: 50 };
const written = (version: 1 | 2) => limitFiles(version, LIMITS).map(({ name, value }) => `${name}=${value}`);

describe('the limits of builds', () => {
  test('are files of cgroup version 2, without swap', () => {
    expect(written(2)).toEqual(['memory.max=3000000000', 'memory.swap.max=0', 'pids.max=4096', 'cpu.weight=50']);
  });

  test('are files of cgroup version 1, with memory plus swap never lower than memory', () => {
    expect(written(1)).toEqual([
      'memory.memsw.limit_in_bytes=3000000000',
      'memory.limit_in_bytes=3000000000',
      'memory.memsw.limit_in_bytes=3000000000',
      'pids.max=4096',
      'cpu.shares=512',
    ]);
  });

  test('of all builds together leave processes for others besides a fork bomb, but no more memory', () => {
    expect(ofAllBuilds(LIMITS)).toEqual({ ...LIMITS, processes: 4 * 4096 });
  });
});

const mount = (point: string, type: string, options: string) => `30 20 0:26 / ${point} rw - ${type} cgroup ${options}`;
const V1 = ['memory', 'pids', 'cpu,cpuacct'].map((name) => mount(`/sys/fs/cgroup/${name}`, 'cgroup', `rw,${name}`));
const unified = (point: string) => mount(point, 'cgroup2', 'rw,nsdelegate');

test.each<[string, string[], ReturnType<typeof parseHierarchies>]>([
  [
    'version 2',
    [unified('/sys/fs/cgroup')],
    { version: 2, memory: '/sys/fs/cgroup', pids: '/sys/fs/cgroup', cpu: '/sys/fs/cgroup' },
  ],
  [
    'both, of which version 1 has the controllers',
    [unified('/sys/fs/cgroup/unified'), ...V1],
    {
      version: 1,
      memory: '/sys/fs/cgroup/memory',
      pids: '/sys/fs/cgroup/pids',
      cpu: '/sys/fs/cgroup/cpu,cpuacct',
    },
  ],
  ['version 1 without memory', V1.slice(1), undefined],
  ['nothing', ['22 1 8:1 / / rw - ext4 /dev/vda rw'], undefined],
])('cgroups are found wherever they are mounted: %s', (_, lines, expected) => {
  expect(parseHierarchies(lines.join('\n'))).toEqual(expected);
});

test.each([
  ['28.5.2+dfsg4', 'systemd', false, false, 'each'],
  ['26.1.5+dfsg1', 'cgroupfs', false, false, 'each'],
  ['26.1.5+dfsg1', 'cgroupfs', true, false, 'each'],
  ['26.1.5+dfsg1', 'systemd', true, false, 'none'],
  ['20.10.24+dfsg1', 'cgroupfs', false, false, 'together'],
  ['20.10.24+dfsg1', 'systemd', false, false, 'none'],
  ['28.5.2', 'systemd', false, true, 'none'],
  ['', '', false, false, 'none'],
])(
  'an engine %s with the driver %s (classic builder %s, elsewhere %s) limits builds: %s',
  (serverVersion, driver, classic, elsewhere, way) => {
    expect(chooseCgroupWay({ serverVersion, driver, classic, elsewhere })).toBe(way);
  },
);
