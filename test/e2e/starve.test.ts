import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import type { Files } from '../rig/clone.ts';
import { untilLogged } from '../rig/gate.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';

const PROCESSES = 100;
const use = usePlatform({
  DOSKARA_BUILD_MEMORY: '200M',
  DOSKARA_BUILD_PROCESSES: String(PROCESSES),
  DOSKARA_CACHE_LIMIT: '20M',
});

/** Whether this machine has cgroups that can limit builds. */
let limited = false;

beforeAll(async () => {
  const spool = join(use.platform.folder, 'spool');
  const env = [`DOSKARA_SPOOL=${spool}`, `DOSKARA_DOCKER=${use.platform.shared.docker}`];
  const installedPaths = Object.entries(use.platform.shared.env).map(([name, value]) => `${name}=${value}`);
  const limiting = asRoot('env', ...env, ...installedPaths, join(DIST, 'build.sh'), '--limit-builds');
  limited = await limiting.then(
    () => true,
    (error: unknown) => {
      if (/cannot limit builds on this machine/.test(String(error))) return false;
      throw error;
    },
  );
});

const app = (script: string): Files => ({ 'build.sh': script, 'run.sh': 'true\n' });

/** Reads a file of an app's cgroup, wherever its hierarchy is mounted. */
async function readLimit(name: string, file: string): Promise<string> {
  const path = `*/doskara.slice/app-${name}/${file}`;
  const { stdout } = await execa('find', ['/sys/fs/cgroup', '-path', path, '-not', '-path', '*/buildkit/*']);
  return readFileSync(stdout, 'utf8').trim();
}

test('--check shows the limits of builds', async () => {
  const { all, exitCode } = await use.platform.runner(['--check'], '');
  expect(exitCode).toBe(0);
  if (limited) expect(all).toMatch(/^ok: build limits: 200 MB of memory, 100 processes, CPU weight 50$/m);
  else expect(all).not.toContain('ok: build limits');
});

test('a fork bomb stays within its limit, while another app is built and the factory responds', async () => {
  // without limits, a fork bomb would take down the machine
  const bomb = limited ? 'f() { f & f & exec sleep 300; }\nf &\n' : '';
  const armed = await use.platform.app('bomb', app(`echo armed\n${bomb}while :; do :; done\n`));
  const pushing = armed.push();
  await untilLogged(use.platform, 'bomb', 1, 'armed');
  if (limited) {
    const running = async () => Number(await readLimit('bomb', 'pids.current'));
    await expect.poll(running, { timeout: 30_000 }).toBeGreaterThan(PROCESSES / 2);
    expect(await running()).toBeLessThanOrEqual(PROCESSES);
  }
  const other = await use.platform.app('innocent', app('echo innocent\n'));
  expect((await other.push()).lines.at(-1)).toMatch(/^success: /);
  expect((await use.platform.runner(['--check'], '')).exitCode).toBe(0);
  await use.platform.doskara('cancel', 'bomb');
  expect((await pushing).text).toMatch(/^error: .*cancelled/m);
});

test('a build that exceeds its memory is killed and counts as failed', async () => {
  const bytes = limited ? '240M' : '1M';
  const end = limited ? '' : "sh -c 'kill -KILL $$'\n"; // a container's process 1 can't be killed from inside
  const hog = await use.platform.app('hog', app(`dd if=/dev/zero of=/dev/null bs=${bytes} count=1\n${end}`));
  const { text } = await hog.push();
  expect(text).toContain(
    limited ? 'error: build.sh ran out of memory (limit: 200 MB)' : 'error: build.sh was killed (exit code 137)',
  );
  expect(text).toMatch(/^hint: .*DOSKARA_BUILD_MEMORY/m);
  expect(use.platform.record('hog', 1)).toMatchObject({ outcome: 'failed', exitCode: 1 });
});

test('caches over their limit are emptied, with all their files, and the push says so', async () => {
  const zeros = (file: string, megabytes: number) =>
    `dd if=/dev/zero of=${file} bs=1M count=${megabytes} 2>/dev/null\n`;
  const look = (round: number) =>
    `: ${round}\necho "found $(ls -A $CACHE_DIR | head -n 3 | tr '\\n' ' ')"; echo "apt has $(ls -A /var/cache/apt)"\n`;
  const disk = await use.platform.app('disk', app(look(1) + zeros('$CACHE_DIR/big', 15)));
  await disk.push();
  // their names are longer than a command line may be
  const names = `n=$(printf %0240d 0); for i in $(seq 10000); do : >$CACHE_DIR/$n$i; done\n`;
  await disk.commit(app(look(2) + names + zeros('/var/cache/apt/big', 10)));
  const within = await disk.push();
  expect(within.text).toMatch(/^ {7}found big$/m);
  expect(within.text).not.toContain('emptied');
  await disk.commit(app(look(3)));
  const over = await disk.push();
  expect(over.text).toMatch(/^ {7}CACHE_DIR and the caches of apt were emptied: together they exceeded 20\.0 MB /m);
  expect(over.text).toMatch(/^ {7}found$/m);
  expect(over.text).toMatch(/^ {7}apt has$/m);
});
