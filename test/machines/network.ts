import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

const FORWARDING = 'net.ipv4.ip_forward';

/** A bridge with internet access for the machines of this run. */
export interface Network extends AsyncDisposable {
  bridge: string;
  /** This machine's own address on the bridge. */
  gateway: string;
  /** The address of the n-th machine; n starts at 2. */
  address(n: number): string;
  /** The content of /etc/resolv.conf. */
  nameservers: string[];
}

/** `folder` is removed when this is closed, or when this process ends in any way. */
export async function openNetwork(folder: string): Promise<Network> {
  const bridge = `dskm${process.pid}`;
  const net = `10.214.${process.pid % 256}`;
  const forwarding = await sysctl();
  const guard = startGuard([String(process.pid), bridge, forwarding, folder]);
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('address', 'add', `${net}.1/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  await addRules(bridge, `${net}.0/24`);
  if (forwarding === '0') await execa('sysctl', ['-qw', `${FORWARDING}=1`]);
  return {
    bridge,
    gateway: `${net}.1`,
    address: (n) => `${net}.${n}`,
    nameservers: nameservers(),
    async [Symbol.asyncDispose]() {
      const gone = once(guard, 'exit');
      guard.stdin?.end();
      await gone;
    },
  };
}

/** Cleans up even after `kill -9` of everything that the terminal started. */
function startGuard(args: string[]): ChildProcess {
  const script = join(import.meta.dirname, 'guard.sh');
  return spawn('sh', [script, ...args], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
}

/** Rules are in their own chains, named like the bridge. */
async function addRules(bridge: string, net: string): Promise<void> {
  await iptables('nat', '-N', bridge);
  await iptables('nat', '-A', bridge, '-s', net, '!', '-d', net, '-j', 'MASQUERADE');
  await iptables('nat', '-A', 'POSTROUTING', '-j', bridge);
  await iptables('filter', '-N', bridge);
  await iptables('filter', '-A', bridge, '-i', bridge, '-j', 'ACCEPT');
  await iptables('filter', '-A', bridge, '-o', bridge, '-j', 'ACCEPT');
  await iptables('filter', '-I', 'FORWARD', '-j', bridge);
}

/** A resolver on loopback serves only this machine; its own upstream is in a file beside it. */
function nameservers(): string[] {
  const listed = (path: string) =>
    [...readFileSync(path, 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
  const servers = listed('/etc/resolv.conf');
  return servers.some((address) => !address.startsWith('127.')) ? servers : listed('/run/systemd/resolve/resolv.conf');
}

async function sysctl(): Promise<string> {
  return (await execa('sysctl', ['-n', FORWARDING])).stdout;
}

async function ip(...args: string[]): Promise<void> {
  await execa('ip', args);
}

async function iptables(table: string, ...args: string[]): Promise<void> {
  await execa('iptables', ['-w', '-t', table, ...args]);
}
