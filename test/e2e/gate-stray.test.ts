import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { leftOnFactory } from '../rig/faults.ts';
import { gatedApp, gitOnPort, headOf, untilLogged } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { childrenOf, descendantsOf, type Process } from '../rig/proc.ts';
import { asRoot } from '../rig/processes.ts';
import { type Pusher, startPush } from '../rig/pusher.ts';

const use = usePlatform();
const WAIT = { timeout: 60_000, interval: 100 };

/** The pid of the runner that builds an app. */
const runnerOf = (app: string) =>
  leftOnFactory({ platform: use.platform }).flatMap((name) => {
    const [, of, pid] = /^(.*)@(\d+)-/.exec(name) ?? [];
    return of === app ? [Number(pid)] : [];
  })[0] ?? 0;

/** buildx pushes what it builds; otherwise docker pushes after the build, latest last. */
const isPushing = ({ command }: Process) =>
  /^\S*docker-buildx|buildx build .*push=true|docker push \S+:latest$/.test(command);

/** While this file exists, no push completes: docker waits before it pushes. */
const held = () => join(use.platform.folder, 'held');
const hasBuildx = inject('release') === 'forky';

beforeAll(async () => {
  if (hasBuildx) return; // with buildx, the warehouse itself is stopped
  const docker = join(use.platform.folder, 'docker');
  const wait = `case $1-$2 in push-*:latest) while [ -e ${held()} ]; do sleep 0.1; done ;; esac`;
  writeFileSync(docker, `#!/bin/sh\n${wait}\nexec ${use.platform.shared.docker} "$@"\n`, { mode: 0o755 });
  use.platform.setFactory({ DOSKARA_DOCKER: docker });
  await use.platform.factory.stop();
  await use.platform.startFactory();
});

async function hold(): Promise<void> {
  if (hasBuildx) await use.warehouse.send('STOP');
  else writeFileSync(held(), '');
}

async function release(): Promise<void> {
  if (hasBuildx) await use.warehouse.send('CONT');
  else rmSync(held(), { force: true });
}

/** Pushes, stops a process while the image is pushed, and waits until the image is in the warehouse. */
async function stopWhilePushing(
  app: Clone,
  commit: string,
  who: () => number,
): Promise<{ pusher: Pusher; pid: number }> {
  await hold();
  const pusher = startPush(app, use.platform.pusherEnv);
  try {
    await untilLogged(use.platform, app.app, 2, '-----> Pushing to');
    await vi.waitFor(() => expect(childrenOf(runnerOf(app.app)).some(isPushing)).toBe(true), WAIT);
    const pid = who();
    process.kill(pid, 'SIGSTOP');
    await release();
    await vi.waitFor(async () => expect(await use.platform.latestRevision(app.app)).toBe(commit), WAIT);
    return { pusher, pid };
  } catch (error) {
    await release();
    await pusher[Symbol.asyncDispose]();
    throw error;
  }
}

let turn: Promise<unknown> = Promise.resolve();
/** A hold affects all apps, so one at a time. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

const outcomeOf = (app: string) => use.platform.record(app, 2)['outcome'];
const hookOf = (app: string) => Number(use.platform.record(app, 2)['pid']);

/** What interrupts a gated build after its image has reached the warehouse, before its runner can report it. */
const ENDS: [string, (app: string, pusher: Pusher, runner: number) => Promise<unknown>][] = [
  ['Ctrl-C', async (_, pusher) => pusher.send('SIGINT')],
  ['doskara cancel', (app) => use.platform.doskara('cancel', app)],
  ['its timeout', async () => {}],
  [
    'a lost connection to the factory',
    async (_app, _pusher, runner) => {
      const sessions = descendantsOf(use.platform.factory.pid);
      const session = sessions.find(({ pid }) => childrenOf(pid).some((child) => child.pid === runner));
      await asRoot('kill', '-KILL', String(session?.pid));
      process.kill(runner, 'SIGCONT');
    },
  ],
];

/** Other Docker versions differ only in the runner, and what interrupts a build is on port: one case is enough. */
const ENDS_HERE = hasBuildx ? ENDS : ENDS.slice(0, 1);

describe.concurrent('a gated build that is interrupted while its image is pushed', { timeout: 300_000 }, () => {
  let number = 0;

  /** An app with a good head, whose next push is interrupted. */
  async function breakOff(who: (app: string) => number, setting?: [string, string]) {
    const app = await gatedApp(use.platform, `broken${++number}`);
    if (setting !== undefined) await gitOnPort(use.platform, app.app, 'config', ...setting);
    await app.push();
    const good = await headOf(use.platform, app.app);
    const rejected = await app.commit({ a: '1' });
    return { app, good, rejected, ...(await stopWhilePushing(app, rejected, () => who(app.app))) };
  }

  test.each(ENDS_HERE)('by %s: the gate itself makes the head the latest again', async (title, end) => {
    const setting: [string, string] | undefined = title === 'its timeout' ? ['doskara.timeout', '30s'] : undefined;
    const { app, good, pusher: left, pid } = await inTurn(() => breakOff(runnerOf, setting));
    await using pusher = left;
    await end(app.app, pusher, pid);
    await vi.waitFor(async () => expect(outcomeOf(app.app)).toMatch(/^(?:cancelled|lost)$/), WAIT);
    await vi.waitFor(async () => expect(use.platform.record(app.app, 2)['pushing']).toBe(false), WAIT);
    expect(await headOf(use.platform, app.app)).toBe(good);
    expect(await use.platform.latestRevision(app.app)).toBe(good);
    const said = `-----> The warehouse may have this image already; restoring ${good.slice(0, 12)} (build 1) as latest`;
    expect(use.platform.log(app.app, 2)).toContain(said);
    expect((await use.platform.doskara('reconcile', app.app)).all).toBe('');
  });

  test('by killing the gate: doctor reports it, and reconcile makes the head the latest without a build', async () => {
    const { app, good, rejected, pusher: left, pid } = await inTurn(() => breakOff(hookOf));
    await using pusher = left;
    process.kill(pid, 'SIGKILL');
    await pusher.ended;
    expect(await headOf(use.platform, app.app)).toBe(good);
    expect(await use.platform.latestRevision(app.app)).toBe(rejected);
    expect((await use.platform.doskara('doctor')).all).toContain(
      `warning: ${app.app}: latest may be the image of ${rejected.slice(0, 12)} (build 2), which git rejected\nhint: doskara reconcile ${app.app}`,
    );
    const { all } = await use.platform.doskara('reconcile', app.app);
    expect(all).toContain(
      `Build 3 of ${app.app}: back from ${rejected.slice(0, 12)} (build 2) to ${good.slice(0, 12)}`,
    );
    expect(all).toMatch(new RegExp(`^success: ${app.app} build 3 built`, 'm'));
    expect(all).not.toContain('Building on');
    expect(await use.platform.latestRevision(app.app)).toBe(good);
    expect((await use.platform.doskara('reconcile', app.app)).all).toBe('');
    expect((await use.platform.doskara('doctor', '--all')).all).toMatch(new RegExp(`^ok: ${app.app}: `, 'm'));
  });

  test('by killing the gate: a rejected push afterwards does not repair it, and reconcile does', async () => {
    const { app, good, pusher: left, pid } = await inTurn(() => breakOff(hookOf));
    await using pusher = left;
    process.kill(pid, 'SIGKILL');
    await pusher.ended;
    await app.commit({ 'build.sh': 'exit 1' });
    expect((await app.push()).lines.at(-1)).toMatch(/build 3 failed/);
    await use.platform.doskara('reconcile', app.app);
    expect(await use.platform.latestRevision(app.app)).toBe(good);
  });
});

test('Ctrl-C before the image is pushed leaves the latest image alone', async () => {
  const app = await gatedApp(use.platform, 'early');
  await app.push();
  await app.commit({ 'build.sh': 'echo started; sleep 971\n' });
  await using pusher = startPush(app, use.platform.pusherEnv);
  await untilLogged(use.platform, 'early', 2, 'started');
  pusher.send('SIGINT');
  await vi.waitFor(async () => expect(outcomeOf('early')).toBe('cancelled'), WAIT);
  expect(use.platform.log('early', 2)).not.toContain('The warehouse may have');
});
