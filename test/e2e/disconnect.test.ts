import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { startEngine } from '../rig/engine.ts';
import { goThrough } from '../rig/faults.ts';
import { Platform } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { ownProcessesOf, processesOf } from '../rig/proc.ts';
import { asRoot } from '../rig/processes.ts';
import { type Pusher, startPush } from '../rig/pusher.ts';
import { startWire } from '../rig/wire.ts';

const use = usePlatform();
const WITHIN = { timeout: 60_000, interval: 100 };

/** 10 MB, with no two lines the same. */
const LOUD = Array.from({ length: 100_000 }, (_, i) => `line ${i} ${'.'.repeat(100 - `${i}`.length)}`);

const LOUD_FILE = { 'loud.txt': `${LOUD.join('\n')}\n` };

/** build.sh, its output, and the last text in the log when the pusher is lost. */
const BUILDS = {
  silent: { script: 'sleep 4; echo done', printed: ['done'], seen: 'Building on' },
  chatty: {
    script: 'for i in 1 2 3 4 5; do echo "second $i"; sleep 1; done',
    printed: [1, 2, 3, 4, 5].map((i) => `second ${i}`),
    seen: 'second 2',
  },
  loud: {
    script: 'echo now; sleep 1; cat loud.txt; echo done',
    printed: ['now', ...LOUD, 'done'],
    seen: 'now',
  },
};

/** How the pusher is lost. */
const LOSSES: [string, NodeJS.Signals][] = [
  ['presses Ctrl-C', 'SIGINT'],
  ['is killed', 'SIGKILL'],
  ['stops reading', 'SIGSTOP'],
];

test.each(LOSSES)(
  'a pusher who %s does not affect the build, whether it is silent, chatty or loud',
  async (_, signal) => {
    const { platform } = use;
    const lost = await Promise.all(Object.keys(BUILDS).map((kind) => lose(kind as keyof typeof BUILDS, signal)));
    await expect.poll(() => ownProcessesOf(platform.folder), WITHIN).toEqual([]);
    for (const { name, printed } of lost) {
      expect(platform.record(name, 1)).toMatchObject({ outcome: 'built', exitCode: 0, error: null });
      expect(outputIn(platform.log(name, 1)).length).toBe(printed.length);
      expect(outputIn(platform.log(name, 1)) === printed).toBe(true);
      expect(platform.log(name, 1)).toMatch(/^\S+ success: \S+ build 1 built \S+ in \S+ s\n$/m);
    }
    for (const { pusher } of lost) await pusher[Symbol.asyncDispose]();
    await expect.poll(() => processesOf(platform.folder), WITHIN).toEqual([]);
  },
);

/** A push that loses its pusher during the build, and the whole output of its build.sh. */
async function lose(kind: keyof typeof BUILDS, signal: NodeJS.Signals) {
  const { script, printed, seen } = BUILDS[kind];
  const name = `${kind}-${signal.toLowerCase()}`;
  const files = { 'build.sh': `${script}\n`, 'run.sh': 'true\n', ...(kind === 'loud' ? LOUD_FILE : {}) };
  const pusher = await startAndLose(use.platform, await use.platform.app(name, files), seen, signal);
  return { name, pusher, printed: printed.join('\n') };
}

test('a slow terminal shows the last line, and how many lines were left out', async () => {
  const { platform } = use;
  const name = 'slow-terminal';
  const files = { 'build.sh': `${BUILDS.loud.script}\n`, 'run.sh': 'true\n', ...LOUD_FILE };
  const app = await platform.app(name, files);
  await using pusher = await startAndLose(platform, app, BUILDS.loud.seen, 'SIGSTOP');
  await expect.poll(() => platform.log(name, 1), WITHIN).toContain('Pushing to');
  pusher.send('SIGCONT');
  await pusher.ended;
  expect(pusher.text()).toMatch(
    /\(\d+ lines left out here: this terminal was too slow; the log has them, up to doskara\.maxLog\)/,
  );
  expect(pusher.text()).toMatch(new RegExp(`^remote: success: ${name} build 1 built`, 'm'));
  expect(outputIn(platform.log(name, 1)) === BUILDS.loud.printed.join('\n')).toBe(true);
});

test('the log says how much output BuildKit left out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'doskara-clipping-'));
  const engine = await startEngine(folder, inject('release'), { clipsOutput: true });
  const { docker, env } = engine;
  const shared = { docker, env, registry: inject('shared').registry };
  const platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-test-')), shared);
  const files = { 'build.sh': `${BUILDS.loud.script}\n`, 'run.sh': 'true\n', ...LOUD_FILE };
  const app = await platform.app('clipped', files);
  expect((await app.push()).lines.at(-1)).toMatch(/^success: clipped build 1 built/);
  expect(platform.log('clipped', 1)).toMatch(/^\S+ warning: Docker dropped part of this build's output/m);
  await platform.stop();
  await engine.stop();
  await asRoot('rm', '-rf', folder);
});

test('a network that goes silent ends hook and runner, no matter how much output is left', async () => {
  const { platform } = use;
  const files = { 'build.sh': `${BUILDS.loud.script}\n`, 'run.sh': 'true\n', ...LOUD_FILE };
  const app = await platform.app('cut-off', files);
  await using wire = await startWire(platform.factory.sshPort);
  goThrough(wire, platform);
  await using _pusher = await startAndLose(platform, app, BUILDS.loud.seen, wire.cut);
  await expect.poll(() => processesOf(platform.folder), WITHIN).toEqual([]);
  expect(platform.record('cut-off', 1)).toMatchObject({
    outcome: 'lost',
    error: "the connection to the factory factory was lost: Keepalive timeout; this is not your app's fault",
  });
  wire.release();
  expect((await platform.doskara('reconcile', 'cut-off')).all).toMatch(/^success: cut-off build 2 built/m);
});

async function startAndLose(
  platform: Platform,
  app: Clone,
  seen: string,
  loss: NodeJS.Signals | (() => void),
): Promise<Pusher> {
  const pusher = startPush(app, platform.pusherEnv);
  const log = join(platform.repository(app.app), 'doskara/builds/1.log');
  await expect.poll(() => (existsSync(log) ? readFileSync(log, 'utf8') : ''), WITHIN).toContain(seen);
  if (typeof loss === 'string') pusher.send(loss);
  else loss();
  return pusher;
}

/** The output of build.sh in a log: after the time, indented. */
function outputIn(log: string): string {
  const lines = log.split('\n').map((line) => line.slice(line.indexOf(' ') + 1));
  const start = lines.findIndex((line) => line.startsWith('-----> Building on')) + 1;
  const output = lines.slice(start).filter((line) => line.startsWith(INDENT));
  return output.map((line) => line.slice(INDENT.length)).join('\n');
}

const INDENT = ' '.repeat(7);
