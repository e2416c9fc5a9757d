import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { INSIDE } from '../rig/machine/enter.ts';
import { descendantsOf } from '../rig/proc.ts';
import { AS_ROOT, asRoot } from '../rig/processes.ts';

const SCRIPT = 'test/rig/machine/machine.sh';
const WITHIN = { timeout: 60_000, interval: 100 };
/** What a test run starts: a daemon detached from its parents, a bridge, a mount on its disk, and its own cgroups. */
const BUSY = `
  touch "$TMPDIR/busy"
  ip link add doskara1 type bridge
  mount -t tmpfs none "$(mktemp -d)"
  mkdir /sys/fs/cgroup/*/docker /sys/fs/cgroup/docker
  setsid sh -c 'sleep 600 & exec sleep 600' &
  trap '' INT TERM
  sleep 600`;
const script = join(tmpdir(), `busy-${process.pid}.sh`);
writeFileSync(script, BUSY);
afterAll(() => rmSync(script));

/** All resources of a test run. None of them may be left when it is over. */
class Run {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly #processes: readonly string[];

  private constructor(child: ChildProcess, folder: string) {
    this.child = child;
    this.folder = folder;
    const there = [child.pid ?? 0, ...this.descendants.map(({ pid }) => pid)].map(identify);
    this.#processes = there.filter((process) => process !== ''); // one may have exited since
    expect(this.#processes.length).toBeGreaterThan(4);
    expect(this.#left).not.toEqual([]);
  }

  /** Waits until a process of the run has this in its command line. */
  static async start(command: string[], sign: RegExp): Promise<Run> {
    const before = folders();
    const [program = '', ...args] = command;
    const path = `${dirname(process.execPath)}:${process.env['PATH']}`;
    const env = { ...process.env, PATH: path, [INSIDE]: undefined };
    const child = spawn(program, args, { detached: true, stdio: 'ignore', env });
    onTestFinished(() => asRoot('kill', '-KILL', '--', `-${child.pid}`).catch(() => {})); // after a failure
    const isThere = () => descendantsOf(child.pid ?? 0).some(({ command: line }) => sign.test(line));
    await expect.poll(isThere, WITHIN).toBe(true);
    const [folder = ''] = folders().filter((name) => !before.includes(name));
    await expect.poll(() => existsSync(folder), WITHIN).toBe(true);
    return new Run(child, folder);
  }

  get descendants() {
    return descendantsOf(this.child.pid ?? 0);
  }

  get #left(): string[] {
    const [name = ''] = this.folder.split('/').slice(-1);
    const cgroups = ['', ...readdirSync('/sys/fs/cgroup')].map((kind) => `/sys/fs/cgroup/${kind}/${name}`);
    return [
      ...this.#processes.filter((process) => identify(Number.parseInt(process, 10)) === process),
      ...cgroups,
      this.folder,
    ].filter((left) => !left.startsWith('/') || existsSync(left));
  }

  /** Mounts and the network are invisible outside, and go away with the last process. */
  async isGone(): Promise<void> {
    await expect.poll(() => this.#left, WITHIN).toEqual([]);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(this.folder);
  }

  /** Everything except the folder. */
  async isDead(): Promise<void> {
    await expect.poll(() => this.#left.filter((left) => /^\d/.test(left)), WITHIN).toEqual([]);
  }
}

const folders = () =>
  readdirSync('/var/tmp').flatMap((name) => (name.startsWith('doskara-rig-') ? [`/var/tmp/${name}`] : []));

/** Its pid and start time; empty for a process that has exited. */
function identify(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? '' : `${pid} ${fields[19]}`;
  } catch {
    return '';
  }
}

const { uid, gid } = userInfo();
const machine = (...command: string[]) => [...AS_ROOT, 'sh', SCRIPT, `${uid}:${gid}`, String(process.pid), ...command];
const startBusy = () =>
  Run.start(machine('sh', '-c', `exec ${AS_ROOT.join(' ')} env TMPDIR="$TMPDIR" sh ${script}`), /^sleep 600/);

test.each([
  ['Ctrl-C', (run: Run) => asRoot('kill', '-INT', '--', `-${run.child.pid}`)],
  ['SIGTERM', (run: Run) => asRoot('kill', '-TERM', String(run.child.pid))],
  ['SIGHUP', (run: Run) => asRoot('kill', '-HUP', String(run.child.pid))],
])('%s ends the machine of the tests and leaves nothing behind', async (_, end) => {
  const run = await startBusy();
  await end(run);
  await run.isGone();
});

test('if even its script is killed, the next run removes what it left', async () => {
  const run = await startBusy();
  const scripts = run.descendants.filter(({ command }) => command.includes(SCRIPT));
  await asRoot('kill', '-KILL', ...scripts.map(({ pid }) => String(pid)), String(run.child.pid));
  await run.isDead();
  expect(existsSync(run.folder)).toBe(true);
  utimesSync(run.folder, 0, 0);
  await asRoot('sh', SCRIPT, '0:0', String(process.pid), 'true');
  await run.isGone();
});

test('a running test run keeps its folder while another one starts and ends', async () => {
  const run = await startBusy();
  utimesSync(run.folder, 0, 0);
  const [program = '', ...args] = machine('sh', '-c', 'exit 7');
  expect((await execa(program, args, { reject: false })).exitCode).toBe(7);
  expect(existsSync(`${run.folder}/busy`)).toBe(true);
  await asRoot('kill', '-TERM', String(run.child.pid));
  await run.isGone();
});

test.each([
  ['Ctrl-C at the terminal of npm', (run: Run) => process.kill(-(run.child.pid ?? 0), 'SIGINT')],
  ['kill -9 of npm', (run: Run) => run.child.kill('SIGKILL')],
])('%s leaves nothing of the end-to-end tests, engines and builds included', async (_, end) => {
  const vitest = [
    'vitest',
    'run',
    '--config',
    'test/vitest.config.ts',
    '--root',
    '.',
    '--project',
    'e2e',
    'test/e2e/busy',
  ];
  const run = await Run.start(['npm', 'exec', '--', ...vitest], /^containerd /);
  end(run);
  await run.isGone();
});
