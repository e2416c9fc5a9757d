import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { freshMachine } from './fresh-machine.ts';
import { type HostSettings, hostSettings } from './host-settings.ts';
import type { Machine } from './machine.ts';
import { type Network, openNetwork } from './network.ts';
import { type Job, KINDS, type StepName } from './plan.ts';
import { Pusher } from './pusher.ts';
import { releaseNamed } from './releases.ts';
import type { Result } from './report.ts';
import { RootFiles, removeTree } from './root-files.ts';
import { cloned, cloneOf, released, type Source } from './source.ts';
import { CannotBoot, StepFailed } from './step-failed.ts';
import { STEPS } from './steps.ts';

const AT_A_TIME = 2;
const FIRST_ADDRESS = 2;

/** The machines of one run, and everything that ends with it. */
export class Run {
  readonly results: Result[] = [];
  readonly logs: string;
  readonly #folder: string;
  readonly #settings: HostSettings;
  readonly #roots: RootFiles;
  readonly #network: Network;
  readonly #sources: Record<'clone' | 'release', Source>;
  readonly #machines = new Set<Machine>();
  #waiting: { job: Job; n: number }[] = [];
  #hasBooted = false;
  #closed: Promise<void> | undefined;

  /** Tests the current commit of `checkout`, and keeps in `cache` what later runs can reuse. */
  static async open(checkout: string, cache: string): Promise<Run> {
    await removeAbandoned(cache);
    const folder = join(cache, `run-${process.pid}`);
    const run = new Run(checkout, cache, folder, await hostSettings(), await openNetwork(folder));
    try {
      await cloneOf(checkout, run.#checkout);
    } catch (error) {
      await run.close();
      throw error;
    }
    return run;
  }

  private constructor(checkout: string, cache: string, folder: string, settings: HostSettings, network: Network) {
    this.logs = join(cache, 'logs');
    this.#folder = folder;
    for (const folder of [this.logs, this.#folder]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#settings = settings;
    this.#roots = new RootFiles(join(cache, 'roots'), folder, settings);
    this.#network = network;
    this.#sources = {
      clone: cloned(this.#checkout),
      release: released(this.#checkout, join(checkout, 'node_modules')),
    };
  }

  /** Tests all requested machines; throws CannotBoot if not even the first one boots. */
  async all(jobs: Job[]): Promise<void> {
    this.#waiting = jobs.map((job, n) => ({ job, n: n + FIRST_ADDRESS }));
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.#oneAfterTheOther()));
  }

  async commit(): Promise<string> {
    return (await execa('git', ['rev-parse', '--short', 'HEAD'], { cwd: this.#checkout })).stdout;
  }

  /** Stops everything; further calls do nothing. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#waiting = [];
    await Promise.all([...this.#machines].map((machine) => machine.stop()));
    await this.#network[Symbol.asyncDispose]();
  }

  get #checkout(): string {
    return join(this.#folder, 'checkout');
  }

  async #oneAfterTheOther(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { job, n } = next;
      let machine: Machine | undefined;
      await this.#step(job, 'boot', async () => {
        machine = await this.#fresh(job, n);
        await machine.boot();
        this.#hasBooted = true;
      });
      if (machine !== undefined) await this.#steps(job, machine);
    }
  }

  async #fresh(job: Job, n: number): Promise<Machine> {
    const { packages, admin } = KINDS[job.kind];
    const name = nameOf(job);
    const log = join(this.logs, `${name}.log`);
    writeFileSync(log, '');
    const from = await this.#roots.with(releaseNamed(job.release, this.#settings.mirrors), packages);
    const wanted = { name, n, from, root: join(this.#folder, name), admin, log };
    const machine = await freshMachine(wanted, this.#network, this.#settings);
    this.#machines.add(machine);
    return machine;
  }

  async #steps(job: Job, machine: Machine): Promise<void> {
    const { admin, gets, steps } = KINDS[job.kind];
    const pusher = new Pusher(machine, admin);
    const scene = { machine, admin, pusher, source: this.#sources[gets], gateway: this.#network.gateway };
    for (const step of this.#hasFailed(job) ? [] : steps) {
      await this.#step(job, step, () => STEPS[step](scene));
      if (step === 'install' && this.#hasFailed(job)) break;
    }
    await machine.stop();
    this.#machines.delete(machine);
    await removeTree(machine.root);
  }

  async #step(job: Job, step: StepName | 'boot', work: () => Promise<unknown>): Promise<void> {
    const started = Date.now();
    let why: string | undefined;
    try {
      await work();
    } catch (error) {
      if (error instanceof CannotBoot && !this.#hasBooted) throw error;
      why = (error as Error).message.replaceAll('\n', ' ');
      const led = error instanceof StepFailed ? error.output.trimEnd().split('\n').slice(-40) : [];
      process.stdout.write(led.map((line) => `${nameOf(job)} | ${line}\n`).join(''));
    }
    const seconds = (Date.now() - started) / 1000;
    this.results.push({ job, step, seconds, why });
    process.stdout.write(`${nameOf(job)}: ${step}: ${why ?? 'ok'} (${seconds.toFixed(0)} s)\n`);
  }

  #hasFailed(job: Job): boolean {
    return this.results.some((result) => result.job === job && result.why !== undefined);
  }
}

/** Removes what a run left behind if this machine itself went down. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const [, pid] = /^run-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeTree(join(cache, name));
  }
}

const nameOf = ({ release, kind }: Job) => `${release}-${kind}`;
