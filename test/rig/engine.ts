import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { asRoot, type Daemon, startDaemon } from './processes.ts';
import { cliPlugins, dockerCli, type Release, starter } from './release.ts';

/** How to run a docker CLI against an engine. */
export interface DockerCli {
  /** The docker CLI. */
  docker: string;
  /** DOCKER_HOST, and DOCKER_CONFIG, which says where the plugins are. */
  env: { DOCKER_HOST: string; DOCKER_CONFIG: string };
}

export interface Engine extends DockerCli, Pick<Daemon, 'stop' | 'kill' | 'send'> {
  /** This machine's own address on the containers' bridge. */
  address: string;
  /** Restarts with the same images and the same address. */
  restart(): Promise<void>;
}

/** Its versions, on one line. */
export async function describeEngine({ docker, env }: DockerCli): Promise<string> {
  const ask = async (...args: string[]) => (await execa(docker, args, { env, reject: false })).stdout.trim();
  const [version, store, buildx] = await Promise.all([
    ask('version', '--format', 'CLI {{.Client.Version}}, Engine {{.Server.Version}}'),
    ask('info', '--format', '{{.Driver}} {{.DriverStatus}}'),
    ask('buildx', 'version'),
  ]);
  const images = store.includes('io.containerd.snapshotter') ? "containerd's image store" : "Docker's own image store";
  return `Docker ${version}, ${images}, ${buildx === '' ? 'no buildx' : `buildx ${buildx.split(' ')[1]}`}`;
}

export const BASE_IMAGE = 'doskara-test:busybox';
const APPLETS =
  'cat chmod cp date dd df du echo env false find grep head id ls mkdir nc ps readlink rm sh sleep stat touch true wc yes';

export interface EngineOptions {
  dataRoot?: string;
  /** BuildKit truncates verbose output, as it does by default. */
  clipsOutput?: boolean;
  /** An existing cgroup for the engine and its builds. */
  cgroup?: string;
}

/** Keeps as much of a build's output as install.sh has it keep. */
async function unclipped(docker: string): Promise<string[]> {
  const { stdout } = await execa(docker, ['--version']);
  const [size, speed] = / version (?:1[789]|20)\./.test(stdout) ? [1_000_000, 2 ** 31 - 1] : [512 * 1024 ** 2, -1];
  return ['env', `BUILDKIT_STEP_LOG_MAX_SIZE=${size}`, `BUILDKIT_STEP_LOG_MAX_SPEED=${speed}`];
}

/**
 * A Docker Engine with its own containerd, data root, exec root, bridge and socket, and a busybox base image.
 */
export async function startEngine(
  folder: string,
  release: Release,
  { dataRoot = join(folder, 'docker'), clipsOutput = false, cgroup }: EngineOptions = {},
): Promise<Engine> {
  const { bridge, address } = await addBridge();
  const cli = configure(folder, release);
  const command = [
    ...(cgroup === undefined ? [] : ['sh', join(import.meta.dirname, 'in-cgroup.sh'), cgroup]),
    ...(clipsOutput ? [] : await unclipped(cli.docker)),
    ...starter(release),
    ...['dockerd', '--host', cli.env.DOCKER_HOST, '--group', String(process.getgid?.() ?? 0)],
    ...(cgroup === undefined ? [] : ['--cgroup-parent', `/${cgroup}/builds`]),
    ...['--data-root', dataRoot, '--exec-root', join(folder, 'docker-exec')],
    ...['--pidfile', join(folder, 'docker.pid'), '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    // the machine's own network settings stay unchanged
    ...['--bridge', bridge, '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    // the default since Docker 29
    ...(release === 'forky' ? ['--feature', 'containerd-snapshotter=true'] : []),
  ];
  const start = () => startDaemon(command, join(folder, 'dockerd.log'), () => isUp(cli));
  let daemon = await start();
  await importBaseImage(folder, cli);
  return {
    ...cli,
    address,
    kill: () => daemon.kill(),
    send: (signal) => daemon.send(signal),
    async restart() {
      await daemon.stop();
      // containerd has died with it, but looks alive until its exit code is collected
      await asRoot('rm', '-f', join(folder, 'docker-exec/containerd/containerd.pid'));
      daemon = await start();
    },
    async stop() {
      await daemon.stop();
      await unmountAllIn(join(folder, 'docker'));
      await asRoot('ip', 'link', 'delete', bridge);
    },
  };
}

/** BuildKit needs a bridge. Two engines on one bridge would remove each other's containers from it. */
async function addBridge(): Promise<{ bridge: string; address: string }> {
  for (let number = 1; ; number++) {
    const bridge = `doskara${number}`;
    try {
      await asRoot('ip', 'link', 'add', bridge, 'type', 'bridge');
    } catch (error) {
      if (number < 100 && /File exists/.test(String(error))) continue;
      throw error;
    }
    const address = `10.213.${number}.1`;
    await asRoot('ip', 'address', 'add', `${address}/24`, 'dev', bridge);
    return { bridge, address };
  }
}

function configure(folder: string, release: Release): DockerCli {
  const config = join(folder, 'docker-config');
  mkdirSync(config);
  writeFileSync(join(config, 'config.json'), JSON.stringify(cliPlugins(release)));
  return {
    docker: dockerCli(release),
    env: { DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`, DOCKER_CONFIG: config },
  };
}

/** What a killed engine left behind, innermost first. */
export async function unmountAllIn(prefix: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((mount) => mount.startsWith(prefix)).reverse())
    await asRoot('umount', '--lazy', mount);
}

async function isUp({ docker, env }: DockerCli): Promise<boolean> {
  return !(await execa(docker, ['version'], { env, reject: false })).failed;
}

async function importBaseImage(folder: string, { docker, env }: DockerCli): Promise<void> {
  const tree = join(folder, 'base');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  mkdirSync(join(tree, 'tmp'));
  cpSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(tree, 'bin', applet));
  const tar = execa('tar', ['-C', tree, '--owner=0', '--group=0', '-c', '.'], { buffer: false });
  await tar.pipe(docker, ['import', '-', BASE_IMAGE], { env });
  rmSync(tree, { recursive: true });
}
