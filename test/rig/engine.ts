import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { asRoot, type Daemon, startDaemon } from './processes.ts';

export interface Engine extends Pick<Daemon, 'stop' | 'kill'> {
  /** For DOCKER_HOST. */
  host: string;
  /** This machine's own, on the bridge that containers are on. */
  address: string;
  /** With the same images, at the same place. */
  restart(): Promise<void>;
}

export const BASE_IMAGE = 'doskara-test:busybox';
const APPLETS =
  'cat chmod cp date dd echo env false find grep head id ls mkdir nc ps readlink rm sh sleep stat touch true wc yes';

/** A Docker Engine with data root, exec root and socket of its own, and a base image made of busybox. */
export async function startEngine(folder: string, dataRoot = join(folder, 'docker')): Promise<Engine> {
  const bridge = `doskara${process.pid}`; // BuildKit runs nothing without one
  const host = `unix://${join(folder, 'docker.sock')}`;
  const command = [
    'dockerd',
    ...['--host', host, '--group', String(process.getgid?.() ?? 0)],
    ...['--data-root', dataRoot, '--exec-root', join(folder, 'docker-exec')],
    ...['--pidfile', join(folder, 'docker.pid')],
    // the machine's own network settings are left as they are
    ...['--bridge', bridge, '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
  ];
  await asRoot('ip', 'link', 'add', bridge, 'type', 'bridge');
  const address = `10.213.${process.pid % 256}.1`;
  await asRoot('ip', 'address', 'add', `${address}/24`, 'dev', bridge);
  const start = () => startDaemon(command, join(folder, 'dockerd.log'), () => isUp(host));
  let daemon = await start();
  await importBaseImage(folder, host);
  return {
    host,
    address,
    kill: () => daemon.kill(),
    async restart() {
      await daemon.stop();
      // containerd has died with it, but passes for alive as long as nobody has asked for its exit code
      await asRoot('rm', '-f', join(folder, 'docker-exec/containerd/containerd.pid'));
      daemon = await start();
    },
    async stop() {
      await daemon.stop();
      for (const mount of mountsIn(folder)) await asRoot('umount', '--lazy', mount);
      await asRoot('ip', 'link', 'delete', bridge);
    },
  };
}

/** What an engine that was killed has left mounted, the innermost first. */
function mountsIn(folder: string): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return mounts.filter((mount) => mount.startsWith(`${folder}/docker`)).reverse();
}

async function isUp(host: string): Promise<boolean> {
  return !(await execa('/usr/bin/docker', ['version'], { env: { DOCKER_HOST: host }, reject: false })).failed;
}

async function importBaseImage(folder: string, host: string): Promise<void> {
  const tree = join(folder, 'base');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  mkdirSync(join(tree, 'tmp'));
  cpSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(tree, 'bin', applet));
  const tar = execa('tar', ['-C', tree, '--owner=0', '--group=0', '-c', '.'], { buffer: false });
  await tar.pipe('/usr/bin/docker', ['import', '-', BASE_IMAGE], { env: { DOCKER_HOST: host } });
  rmSync(tree, { recursive: true });
}
