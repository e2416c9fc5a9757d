import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { CannotBoot, StepFailed } from './step-failed.ts';

const BOOT_SH = join(import.meta.dirname, 'boot.sh');
const BOOT_LIMIT_MS = 3 * 60_000;
const COMMAND_LIMIT_MS = 20 * 60_000;
const DEVICES = ['loop-control', ...Array.from({ length: 8 }, (_, n) => `loop${n}`)].map((name) => `/dev/${name}`);

interface Options {
  cwd?: string;
  input?: string;
  limitMs?: number;
}

interface Ended {
  exitCode: number | undefined;
  output: string;
}

/** A machine with its own systemd, on a bridge of this machine. */
export class Machine {
  readonly name: string;
  readonly root: string;
  readonly #bridge: string;
  readonly #log: string;
  #nspawn: ChildProcess | undefined;
  #leader = 0;

  /** `root` is its root file system; `log` gets every command that runs there, and its output. */
  constructor(name: string, root: string, bridge: string, log: string) {
    this.name = name;
    this.root = root;
    this.#bridge = bridge;
    this.#log = log;
  }

  /** Waits until its systemd has started everything. */
  async boot(): Promise<void> {
    mkdirSync(this.root, { recursive: true });
    const console = openSync(`${this.#log}.console`, 'a');
    // the machines die with this process, however it ends
    const command = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', 'sh', BOOT_SH, this.#cgroup];
    const [program = '', ...args] = [...command, ...this.#nspawnOptions()];
    const nspawn = spawn(program, args, { detached: true, stdio: ['ignore', console, console] });
    closeSync(console);
    this.#nspawn = nspawn;
    const deadline = Date.now() + BOOT_LIMIT_MS;
    while (!(await this.#isUp(nspawn.pid ?? 0))) {
      if (hasEnded(nspawn)) throw new CannotBoot(`${this.name} did not boot`, this.#console());
      if (Date.now() > deadline) throw new CannotBoot(`${this.name} has not booted in 3 minutes`, this.#console());
      await sleep(200);
    }
  }

  /** Runs a shell script there, as a service of its systemd. */
  async run(user: string, text: string, { cwd = '/', input = '', limitMs = COMMAND_LIMIT_MS }: Options = {}) {
    const unit = ['--quiet', '--pipe', '--wait', '--collect', `--uid=${user}`, `--working-directory=${cwd}`];
    const installedPaths = ['--property=EnvironmentFile=-/etc/environment', '--setenv=LC_ALL=C.UTF-8'];
    const args = ['systemd-run', ...unit, ...installedPaths, '/bin/sh', '-c', text];
    const log = { file: this.#log, append: true } as const;
    appendFileSync(this.#log, `\n${user}@${this.name}:${cwd}$ ${text}\n`);
    const ended = await execa('nsenter', this.#inside(args), {
      all: true,
      stdout: ['pipe', log],
      stderr: ['pipe', log],
      input,
      reject: false,
      timeout: limitMs,
      stripFinalNewline: false,
    });
    const late = ended.timedOut ? `\n(it has not ended in ${limitMs / 60_000} minutes)` : '';
    appendFileSync(this.#log, `(${ended.exitCode ?? ended.shortMessage})\n`);
    return { exitCode: ended.exitCode, output: `${ended.all ?? ''}${late}` } satisfies Ended;
  }

  /** The same, but any exit code except 0 fails the step. */
  async must(user: string, text: string, options: Options = {}): Promise<string> {
    const { exitCode, output } = await this.run(user, text, options);
    if (exitCode !== 0) throw new StepFailed(`${text}: exit code ${exitCode}`, output);
    return output;
  }

  /** An orderly reboot, as by `reboot`. */
  async reboot(): Promise<void> {
    const nspawn = this.#running();
    const ended = once(nspawn, 'exit');
    await execa('nsenter', this.#inside(['systemctl', 'reboot']), { reject: false });
    const timer = setTimeout(() => this.#kill(), BOOT_LIMIT_MS);
    await ended;
    clearTimeout(timer);
    await this.boot();
  }

  /** An abrupt stop, as by pulling the plug. */
  async stop(): Promise<void> {
    const nspawn = this.#nspawn;
    if (nspawn === undefined) return;
    if (!hasEnded(nspawn)) {
      const ended = once(nspawn, 'exit');
      this.#kill();
      await ended;
    }
    await execa('unshare', ['--mount', 'sh', BOOT_SH, this.#cgroup], { reject: false });
  }

  get #cgroup(): string {
    return `doskara-${process.pid}-${this.name}`;
  }

  #nspawnOptions(): string[] {
    return [
      ...[
        '--quiet',
        '--boot',
        '--console=read-only',
        `--directory=${this.root}`,
        `--machine=${this.name}-${process.pid}`,
      ],
      // this machine may have no systemd to register it
      ...['--register=no', '--keep-unit'],
      ...['--capability=all', '--private-users=no', `--network-bridge=${this.#bridge}`],
      ...['--resolv-conf=off', '--timezone=off', '--link-journal=no'],
      ...DEVICES.map((path) => `--bind=${path}`),
    ];
  }

  async #isUp(nspawn: number): Promise<boolean> {
    this.#leader = leaderOf(nspawn);
    if (this.#leader === 0) return false;
    const asked = await execa('nsenter', this.#inside(['systemctl', 'is-system-running', '--wait']), {
      reject: false,
      timeout: BOOT_LIMIT_MS,
    });
    return /^(?:running|degraded)$/.test(asked.stdout);
  }

  #inside(command: string[]): string[] {
    return ['--target', String(this.#leader), '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', ...command];
  }

  #running(): ChildProcess {
    if (this.#nspawn === undefined) throw new Error(`${this.name} has not been booted`);
    return this.#nspawn;
  }

  #kill(): void {
    try {
      process.kill(leaderOf(this.#nspawn?.pid ?? 0) || (this.#nspawn?.pid ?? 0), 'SIGKILL');
    } catch {
      // it has just exited
    }
  }

  #console(): string {
    return readFileSync(`${this.#log}.console`, 'utf8').slice(-2000);
  }
}

export const homeOf = (user: string) => (user === 'root' ? '/root' : `/home/${user}`);

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The pid of process 1 in systemd-nspawn's machine, or 0. */
function leaderOf(nspawn: number): number {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const children = read(`/proc/${nspawn}/task/${nspawn}/children`).trim().split(' ');
  return Number(children.find((child) => /^NSpid:.*\t1$/m.test(read(`/proc/${child}/status`))) ?? 0);
}
