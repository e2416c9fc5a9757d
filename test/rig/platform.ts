import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { Clone, type Files } from './clone.ts';
import { makeRepository } from './created.ts';
import { BASE_IMAGE, type DockerCli } from './engine.ts';
import { isInside } from './machine/enter.ts';
import { makeKey, publicKey, type Sshd, startSshd, USER } from './sshd.ts';
import { latestRevisionIn } from './warehouse.ts';

/** The bundles of this checkout under test; on the tests' own machine, in a directory that every user can enter. */
export const DIST = isInside() ? join(tmpdir(), 'dist') : resolve('dist');

/** What platforms share: an engine, as its CLI finds it, and a registry. */
export interface Shared extends DockerCli {
  registry: string;
}

const GOOD_APP: Files = {
  'build.sh': 'echo "built $DOSKARA_APP at ${DOSKARA_COMMIT:-no commit}"; ls > listing\n',
  'run.sh': 'trap "exit 0" TERM\necho "running in $PWD as process $$"; cat listing\nwhile true; do sleep 0.1; done\n',
};

/** Port, factory, warehouse and a pusher, all real, on loopback, with their state in one directory. */
export class Platform {
  readonly folder: string;
  readonly root: string;
  readonly portHome: string;
  readonly shared: Shared;
  factory!: Sshd;
  port!: Sshd;
  readonly #dist: string;
  #factoryEnv: Record<string, string>;

  private constructor(folder: string, shared: Shared, dist: string) {
    this.folder = folder;
    this.shared = shared;
    this.#dist = dist;
    this.root = join(folder, 'srv-git');
    this.portHome = join(folder, 'port-home');
    this.#factoryEnv = {
      HOME: join(folder, 'factory-home'),
      DOCKER_HOST: shared.env.DOCKER_HOST,
      DOSKARA_REGISTRY: shared.registry,
      DOSKARA_BASE_IMAGE: BASE_IMAGE,
      DOSKARA_DOCKER: shared.docker,
      DOSKARA_SPOOL: join(folder, 'spool'),
      DOSKARA_MIN_FREE: '100M', // for small disks
      DOSKARA_MAX_BUILDS: '20', // whatever this machine has
    };
  }

  /** `dist` is what to test instead of this checkout. */
  static async start(
    folder: string,
    shared: Shared,
    factoryEnv: Record<string, string> = {},
    dist: string = DIST,
  ): Promise<Platform> {
    const platform = new Platform(folder, shared, dist);
    platform.setFactory(factoryEnv);
    const folders = ['factory-home/.docker', 'pusher', 'spool'].map((path) => join(folder, path));
    for (const path of [platform.root, platform.portHome, ...folders]) mkdirSync(path, { recursive: true });
    for (const home of [platform.portHome, join(folder, 'factory-home')]) shareCompiledCode(home);
    cpSync(join(shared.env.DOCKER_CONFIG, 'config.json'), join(folder, 'factory-home/.docker/config.json'));
    await platform.startFactory();
    await platform.#startPort();
    platform.#writePusher();
    await platform.doskara('key', 'add', 'alice', `${platform.#pusherKey}.pub`);
    return platform;
  }

  async stop(): Promise<void> {
    await this.factory.stop();
    await this.port.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Takes effect when the factory is restarted. */
  setFactory(env: Record<string, string>): void {
    Object.assign(this.#factoryEnv, env);
  }

  async startFactory(more = ''): Promise<void> {
    const key = join(this.portHome, '.ssh', 'id_ed25519');
    mkdirSync(dirname(key), { recursive: true, mode: 0o700 });
    await makeKey(key);
    this.factory = await startSshd(join(this.folder, 'factory'), this.#factoryEnv, this.factory?.sshPort, more);
    writeFileSync(this.factory.authorizedKeys, `restrict,command="${this.#dist}/build.sh --ssh" ${publicKey(key)}\n`);
    writeFileSync(this.knownHosts, `[127.0.0.1]:${this.factory.sshPort} ${this.factory.hostKey}\n`);
    writeFileSync(
      join(this.portHome, 'ssh_config'),
      `Host factory
  HostName 127.0.0.1
  Port ${this.factory.sshPort}
  User ${USER}
  IdentityFile ${key}
  IdentityAgent none
  UserKnownHostsFile ${this.knownHosts}
  GlobalKnownHostsFile /dev/null
`,
    );
  }

  get knownHosts(): string {
    return join(this.portHome, '.ssh', 'known_hosts');
  }

  async #startPort(): Promise<void> {
    writeFileSync(
      join(this.portHome, '.gitconfig'),
      `[safe]
  directory = *
[gc]
  auto = 0
[receive]
  autoGC = false
[doskara]
  root = ${this.root}
  factory = factory
  sshConfig = ${join(this.portHome, 'ssh_config')}
`,
    );
    this.port = await startSshd(join(this.folder, 'port'), { HOME: this.portHome });
    rmSync(this.port.authorizedKeys);
    await execa('ln', ['-s', join(this.portHome, '.ssh/authorized_keys'), this.port.authorizedKeys]);
    await makeKey(this.#pusherKey);
  }

  /** `more` is added to its sshd's configuration. */
  async restartPort(more = ''): Promise<void> {
    await this.port.stop();
    this.port = await startSshd(join(this.folder, 'port'), { HOME: this.portHome }, this.port.sshPort, more);
  }

  get #pusherKey(): string {
    return join(this.folder, 'pusher', 'id_ed25519');
  }

  /**
   * OpenSSH's preferred key exchange, sntrup761, takes more CPU time than the rest of a connection, and git's search for
   * deltas between large files of random bytes more than the rest of a push.
   */
  #writePusher(): void {
    const home = join(this.folder, 'pusher');
    writeFileSync(join(home, 'known_hosts'), `[127.0.0.1]:${this.port.sshPort} ${this.port.hostKey}\n`);
    writeFileSync(
      join(home, 'ssh_config'),
      `Host *
  IdentityFile ${this.#pusherKey}
  IdentityAgent none
  BatchMode yes
  KexAlgorithms curve25519-sha256
  UserKnownHostsFile ${join(home, 'known_hosts')}
  GlobalKnownHostsFile /dev/null
`,
    );
    writeFileSync(
      join(home, '.gitconfig'),
      '[user]\n  name = Alice\n  email = alice@example.org\n[init]\n  defaultBranch = main\n[gc]\n  auto = 0\n[core]\n  compression = 0\n  bigFileThreshold = 1m\n[maintenance]\n  auto = false\n',
    );
  }

  /** The environment of a pusher's git and ssh. */
  get pusherEnv(): NodeJS.ProcessEnv {
    const home = join(this.folder, 'pusher');
    return {
      HOME: home,
      GIT_SSH_COMMAND: `ssh -F ${join(home, 'ssh_config')}`,
      LC_ALL: 'C.UTF-8',
      GIT_CONFIG_NOSYSTEM: '1',
    };
  }

  /** Runs the `doskara` command on port. */
  doskara(...args: string[]) {
    return execa(join(this.#dist, 'doskara'), args, {
      env: { HOME: this.portHome },
      all: true,
      reject: false,
      stdin: 'ignore',
    });
  }

  /** Runs the runner on the factory, as by hand. */
  runner(args: string[], input: Buffer | string, env: Record<string, string> = {}) {
    return execa(join(this.#dist, 'build.sh'), args, {
      env: { ...this.#factoryEnv, ...env },
      input,
      all: true,
      reject: false,
    });
  }

  docker(...args: string[]) {
    return execa(this.shared.docker, args, { env: this.shared.env, all: true, reject: false });
  }

  /** An app on port, as `doskara create` creates it. */
  async create(name: string, ...options: string[]): Promise<void> {
    const kind = [this.#dist, ...options].join(' ');
    await makeRepository(this.repository(name), kind, () => this.doskara('create', ...options, name));
  }

  /** A clone with a first commit that is not pushed yet, and its app on port, unless that exists or needs options. */
  async app(name: string, files: Files = GOOD_APP, initOptions: string[] = []): Promise<Clone> {
    if (initOptions.length === 0 && !existsSync(this.repository(name))) await this.create(name);
    const folder = join(this.folder, 'clones', name);
    mkdirSync(folder, { recursive: true });
    const clone = new Clone(folder, name, this.pusherEnv);
    await clone.git('init', '--quiet', ...initOptions);
    await clone.git('remote', 'add', 'doskara', this.remote(name));
    await clone.commit(files);
    return clone;
  }

  readonly remote = (app: string) => `ssh://${USER}@127.0.0.1:${this.port.sshPort}/${app}`;

  repository(app: string): string {
    return join(this.root, `${app}.git`);
  }

  record(app: string, number: number): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.repository(app), 'doskara/builds', `${number}.json`), 'utf8'));
  }

  log(app: string, number: number): string {
    return readFileSync(join(this.repository(app), 'doskara/builds', `${number}.log`), 'utf8');
  }

  hasRecord(app: string, number: number): boolean {
    return existsSync(join(this.repository(app), 'doskara/builds', `${number}.json`));
  }

  /** The commit of the app's latest image in the warehouse; empty if there is none. */
  async latestRevision(app: string): Promise<string> {
    return (await latestRevisionIn(this.shared.registry, app)) ?? '';
  }
}

/** All platforms of a run start the same bundles: what V8 compiled for one serves the others. */
function shareCompiledCode(home: string): void {
  if (!isInside()) return;
  const shared = join(tmpdir(), 'compile-cache');
  for (const folder of [shared, join(home, '.cache/doskara')]) mkdirSync(folder, { recursive: true });
  symlinkSync(shared, join(home, '.cache/doskara/code'));
}
