import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Clone, Files } from '../rig/clone.ts';
import { BASE_IMAGE, type Engine, startEngine } from '../rig/engine.ts';
import { DIST, Platform } from '../rig/platform.ts';
import { asRoot } from '../rig/processes.ts';
import { USER } from '../rig/sshd.ts';
import { startWarehouse, type Warehouse } from '../rig/warehouse.ts';

/** What has another name in transcripts than on this machine. */
const REPLACEMENTS = ({ folder, root, portHome, shared, factory }: Platform): [from: string, to: string][] => [
  [shared.registry, 'warehouse:5000'],
  [shared.env.DOCKER_HOST, 'unix:///var/run/docker.sock'],
  [BASE_IMAGE, 'debian:bookworm-slim'],
  [`${USER}@127.0.0.1:${factory.sshPort}`, 'docker@factory:22'],
  [`[127.0.0.1]:${factory.sshPort}`, 'factory'],
  [`${USER}@${hostname()}`, 'git@port'],
  [root, '/srv/git'],
  [portHome, '/srv/git'],
  [join(folder, 'spool'), '/var/lib/doskara'],
];

/** A platform whose terminals are captured. */
export class Stage {
  readonly platform: Platform;
  readonly #engine: Engine;
  readonly #warehouse: Warehouse;
  readonly #folder: string;

  private constructor(platform: Platform, engine: Engine, warehouse: Warehouse, folder: string) {
    this.platform = platform;
    this.#engine = engine;
    this.#warehouse = warehouse;
    this.#folder = folder;
  }

  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'doskara-transcripts-'));
    const engine = await startEngine(folder, 'system');
    const warehouse = await startWarehouse(folder);
    const shared = { docker: engine.docker, env: engine.env, registry: warehouse.registry };
    const platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-transcripts-')), shared);
    return new Stage(platform, engine, warehouse, folder);
  }

  async close(): Promise<void> {
    await this.platform.stop();
    await this.#warehouse.stop();
    await this.#engine.stop();
    await asRoot('rm', '-rf', this.#folder);
  }

  /** An app with the remote `git@port:<name>`. */
  async app(name: string, files: Files, subject: string): Promise<Clone> {
    const app = await this.platform.app(name, files);
    await app.git('commit', '--quiet', '--amend', '-m', subject);
    const { stdout } = await app.git('remote', 'get-url', 'doskara');
    this.#callPort(new URL(stdout).port);
    await app.git('remote', 'set-url', 'doskara', `git@port:${name}`);
    return app;
  }

  /** Makes the name `port` work for the pusher's ssh. Of two users ssh takes the first one, here `-l`. */
  #callPort(sshPort: string): void {
    const options = `-F ${join(this.platform.folder, 'pusher/ssh_config')} -o HostName=127.0.0.1 -p ${sshPort} -l ${USER}`;
    mkdirSync(this.#bin, { recursive: true });
    writeFileSync(join(this.#bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${options} "$@"\n`, { mode: 0o755 });
  }

  get #bin(): string {
    return join(this.platform.folder, 'pusher/bin');
  }

  /** What a command prints for the pusher through a pipe, since on a terminal git also shows its progress. */
  async pusher(app: Clone, typed: string): Promise<string> {
    const [program = '', ...args] = typed.split(' ');
    const env = { ...this.platform.pusherEnv, GIT_SSH_COMMAND: 'ssh', PATH: inFront(this.#bin) };
    const { all } = await execa(program, args, { cwd: app.folder, env, all: true, reject: false, stdin: 'ignore' });
    return this.#transcript(typed, all);
  }

  /** What a command prints for an admin on port, on a 100-column terminal without colors. Records name the user of sudo. */
  async admin(typed: string): Promise<string> {
    const env = { HOME: this.platform.portHome, SUDO_USER: 'bob', PATH: inFront(DIST), TYPED: typed };
    const { stdout } = await execa('script', ['-q', '-e', '-c', 'stty cols 100 && exec $TYPED', '/dev/null'], {
      env: { ...env, SHELL: '/bin/sh', TERM: 'dumb' },
      reject: false,
      stdin: 'ignore',
    });
    return this.#transcript(typed, stdout);
  }

  #transcript(typed: string, shown: string): string {
    const text = REPLACEMENTS(this.platform).reduce((all, [from, to]) => all.replaceAll(from, to), shown);
    return [`$ ${typed}`, ...text.split(/\r?\n/).map((line) => withoutErased(line).trimEnd())].join('\n').trimEnd();
  }

  async untilLogged(app: string, number: number, text: string): Promise<void> {
    const log = () => (this.platform.hasRecord(app, number) ? this.platform.log(app, number) : '');
    for (let tries = 0; !log().includes(text); tries++) {
      if (tries > 300) throw new Error(`build ${number} of ${app} does not say ${text}`);
      await sleep(100);
    }
  }
}

/** On a terminal, a progress line is erased (ECMA-48 EL) before the next one is printed. */
const withoutErased = (line: string) => line.split(ERASE).at(-1) ?? '';
const ERASE = '\u001b[K';

const inFront = (folder: string) => `${folder}${delimiter}${process.env['PATH']}`;
