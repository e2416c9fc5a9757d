import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { type HostSettings, handIn } from './host-settings.ts';
import { homeOf, Machine } from './machine.ts';
import type { Network } from './network.ts';
import { copyTree } from './root-files.ts';

interface Wanted {
  name: string;
  /** The index of its address in the network. */
  n: number;
  /** The root file system to copy. */
  from: string;
  /** The directory for the copy. */
  root: string;
  /** Who logs in: root, or a user with sudo and a locked password, as in cloud images. */
  admin: string;
  log: string;
}

/** A fresh machine that has not booted yet. */
export async function freshMachine(wanted: Wanted, network: Network, settings: HostSettings): Promise<Machine> {
  const { name, root, admin } = wanted;
  await copyTree(wanted.from, root);
  write(root, '/etc/hostname', `${name}\n`);
  write(root, '/etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${name}\n`);
  rmSync(join(root, '/etc/machine-id'), { force: true });
  write(root, '/etc/machine-id', '');
  connect(root, network, wanted.n);
  await handIn(settings, root);
  if (admin !== 'root') await addAdmin(root, admin);
  write(root, join(homeOf(admin), '.npmrc'), settings.npmrc);
  await execa('chroot', [root, 'chown', `${admin}:`, join(homeOf(admin), '.npmrc')]);
  return new Machine(name, root, network.bridge, wanted.log);
}

function connect(root: string, { address, gateway, nameservers }: Network, n: number): void {
  const lines = ['[Match]', 'Name=host0', '[Network]', `Address=${address(n)}/24`, `Gateway=${gateway}`];
  write(root, '/etc/systemd/network/10-host0.network', `${lines.join('\n')}\n`);
  rmSync(join(root, '/etc/resolv.conf'), { force: true });
  write(root, '/etc/resolv.conf', nameservers.map((server) => `nameserver ${server}\n`).join(''));
  const wants = join(root, '/etc/systemd/system/multi-user.target.wants');
  mkdirSync(wants, { recursive: true });
  rmSync(join(wants, 'systemd-networkd.service'), { force: true });
  symlinkSync('/usr/lib/systemd/system/systemd-networkd.service', join(wants, 'systemd-networkd.service'));
}

async function addAdmin(root: string, admin: string): Promise<void> {
  await execa('chroot', [root, 'useradd', '--create-home', '--shell', '/bin/bash', admin]);
  write(root, '/etc/sudoers.d/90-cloud-init-users', `${admin} ALL=(ALL) NOPASSWD:ALL\n`);
}

function write(root: string, path: string, text: string): void {
  writeFileSync(join(root, path), text);
}
