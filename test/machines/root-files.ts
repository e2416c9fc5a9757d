import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { type HostSettings, handIn } from './host-settings.ts';
import type { Release } from './releases.ts';

/** Packages that are needed to boot and to reach the network. */
const BARE = ['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'ca-certificates'];
const LONGEST_MS = 20 * 60_000;

/** Root file systems of fresh machines, cached between runs. */
export class RootFiles {
  readonly #folder: string;
  readonly #scratch: string;
  readonly #settings: HostSettings;
  readonly #made = new Map<string, Promise<string>>();

  /** `scratch` is on the same file system, for incomplete ones. */
  constructor(folder: string, scratch: string, settings: HostSettings) {
    this.#folder = folder;
    this.#scratch = scratch;
    this.#settings = settings;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The directory of one with these packages. Created at most once, and only visible under its name when complete. */
  with(release: Release, packages: string[]): Promise<string> {
    const content = JSON.stringify([release, BARE, packages, this.#settings.fingerprint]);
    const key = createHash('sha256').update(content).digest('hex').slice(0, 12);
    const folder = join(this.#folder, [release.name, ...packages, key].join('-'));
    const made = this.#made.get(folder) ?? this.#make(folder, release, packages);
    this.#made.set(folder, made);
    return made;
  }

  async #make(folder: string, release: Release, packages: string[]): Promise<string> {
    if (existsSync(folder)) return folder;
    const unfinished = join(this.#scratch, basename(folder));
    if (packages.length === 0) await this.#debootstrap(unfinished, release);
    else {
      await copyTree(await this.with(release, []), unfinished);
      await aptGet(unfinished, 'install', '--no-install-recommends', ...packages);
      await aptGet(unfinished, 'clean');
    }
    renameSync(unfinished, folder);
    return folder;
  }

  async #debootstrap(folder: string, release: Release): Promise<void> {
    await endingWithUs(
      [
        'debootstrap',
        '--variant=minbase',
        `--keyring=${await this.#keyring(release)}`,
        `--components=${release.components}`,
        `--include=${BARE.join(',')}`,
        ...[release.name, folder, release.mirror],
        // a debootstrap older than the release has no script for it
        ...(existsSync(`/usr/share/debootstrap/scripts/${release.name}`) ? [] : [script(release)]),
      ],
      '/proc',
    );
    const list = join(folder, 'etc/apt/sources.list');
    const [, mirror = ''] = /^deb (\S+)/m.exec(readFileSync(list, 'utf8')) ?? [];
    writeFileSync(list, sourcesText(release.sources(mirror)));
    await handIn(this.#settings, folder);
    await aptGet(folder, 'update');
    await aptGet(folder, 'dist-upgrade');
    await aptGet(folder, 'clean');
  }

  /** Debian 12 has no package with Ubuntu's keys. Debian 13 has one; apt fetches it and checks it with Debian's keys. */
  async #keyring(release: Release): Promise<string> {
    const own = join('/usr/share/keyrings', release.keyring);
    if (existsSync(own)) return own;
    const folder = join(this.#folder, 'keyring');
    const fetched = join(folder, 'unpacked', own);
    if (existsSync(fetched)) return fetched;
    for (const part of ['lists/partial', 'cache/archives/partial', 'unpacked'])
      mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, 'sources.list'), sourcesText([`deb ${this.#settings.mirrors.debian} trixie main`]));
    const apt = [`Dir::State::Lists=${folder}/lists`, `Dir::Cache=${folder}/cache`];
    const sources = [`Dir::Etc::SourceList=${folder}/sources.list`, 'Dir::Etc::SourceParts=/dev/null'];
    const options = [...apt, ...sources, 'APT::Sandbox::User=root'].flatMap((option) => ['-o', option]);
    await execa('apt-get', [...options, 'update', '-q'], { all: true });
    await execa('apt-get', [...options, 'download', '-q', 'ubuntu-keyring'], { cwd: folder, all: true });
    await execa('sh', ['-c', 'dpkg-deb --extract ubuntu-keyring_*.deb unpacked'], { cwd: folder, all: true });
    return fetched;
  }
}

export async function copyTree(from: string, to: string): Promise<void> {
  await execa('cp', ['--archive', '--reflink=auto', from, to]);
}

/** Gigabytes of small files: removed in the background. */
export async function removeTree(folder: string): Promise<void> {
  await execa('rm', ['-rf', '--one-file-system', folder]);
}

/** Runs a command in a root file system that is not booted, with this machine's network. */
async function aptGet(root: string, ...args: string[]): Promise<void> {
  await execa('cp', ['--dereference', '--remove-destination', '/etc/resolv.conf', join(root, 'etc/resolv.conf')]);
  await endingWithUs(['chroot', root, 'apt-get', '-q', '--yes', '-o', 'Dpkg::Use-Pty=0', ...args], `${root}/proc`);
}

/** In its own namespaces, so that no mount or process outlives this one. */
async function endingWithUs(command: string[], proc: string): Promise<void> {
  const namespace = ['unshare', '--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${proc}`];
  await execa('setpriv', ['--pdeathsig', 'KILL', ...namespace, ...command], {
    all: true,
    timeout: LONGEST_MS,
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
  });
}

const script = (release: Release) => (release.keyring.startsWith('ubuntu') ? 'gutsy' : 'sid');

const sourcesText = (lines: string[]) => lines.map((line) => `${line}\n`).join('');
