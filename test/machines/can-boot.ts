import { join } from 'node:path';
import { execa } from 'execa';

/** Why this machine can't boot another; undefined if it can, as far as can be told before a boot. */
export async function whyNotBoot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root boots machines';
  for (const [what, ...command] of TRIALS) {
    const tried = await execa('sh', command, { all: true, reject: false, timeout: 10 * 60_000 });
    if (tried.exitCode !== 0) return `${what}: ${tried.all?.trim().split('\n').at(-1) ?? tried.shortMessage}`;
  }
  return undefined;
}

const TRIALS: [string, ...string[]][] = [
  ['what boots machines can not be installed', join(import.meta.dirname, 'packages.sh')],
  [
    'no namespaces with cgroup v2 here',
    '-c',
    'unshare --mount --pid --net --uts --ipc --cgroup --fork --mount-proc sh -c "mount -t cgroup2 cgroup2 /mnt" 2>&1',
  ],
  [
    'no device files here',
    '-c',
    'f=$(mktemp -u /var/tmp/doskara-XXXXXX) && mknod $f c 1 3 && rm $f && exit 0; rm -f $f; exit 1',
  ],
  ['no bridges here', '-c', 'ip link add dskm$$ type bridge && ip link delete dskm$$'],
  ['no network translation here', '-c', 'iptables -w -t nat -N dskm$$ && iptables -w -t nat -X dskm$$'],
];
