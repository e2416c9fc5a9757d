import { beforeEach, describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { leftOnFactory } from '../rig/faults.ts';
import { gatedApp, gitOnPort, headOf, untilLogged } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { childrenOf, descendantsOf, type Process } from '../rig/proc.ts';
import { asRoot } from '../rig/processes.ts';
import { type Pusher, startPush } from '../rig/pusher.ts';

const use = usePlatform();
const WAIT = { timeout: 60_000, interval: 100 };

/** The runner that serves an app. */
const runnerOf = (app: string) =>
  leftOnFactory({ platform: use.platform }).flatMap((name) => {
    const [, of, pid] = /^(.*)@(\d+)-/.exec(name) ?? [];
    return of === app ? [Number(pid)] : [];
  })[0] ?? 0;

/** Where buildx builds, it pushes; else docker pushes what it has built, latest last. */
const isPushing = ({ command }: Process) =>
  /^\S*docker-buildx|buildx build .*push=true|docker push \S+:latest$/.test(command);

/** Stops a process where the image is going to be pushed, and waits until the warehouse has it. */
async function stopWhilePushing(app: string, commit: string, who: () => number): Promise<number> {
  await untilLogged(use.platform, app, 2, '-----> Pushing to');
  await expect.poll(() => childrenOf(runnerOf(app)).some(isPushing), { ...WAIT, interval: 1 }).toBe(true);
  const pid = who();
  process.kill(pid, 'SIGSTOP');
  await expect.poll(() => use.platform.latestRevision(app), WAIT).toBe(commit);
  return pid;
}

const outcomeOf = (app: string) => use.platform.record(app, 2)['outcome'];
const hookOf = (app: string) => Number(use.platform.record(app, 2)['pid']);

/** What ends a gated build whose image is in the warehouse already, before its runner can say so. */
const ENDS: [string, (app: string, pusher: Pusher, runner: number) => Promise<unknown>][] = [
  ['Ctrl-C', async (_, pusher) => pusher.send('SIGINT')],
  ['doskara cancel', (app) => use.platform.doskara('cancel', app)],
  ['its time', async () => {}],
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

describe('of a gated build that is broken off when its image is pushed', () => {
  let number = 0;
  let app: Clone;
  let good: string;
  let rejected: string;
  beforeEach(async () => {
    app = await gatedApp(use.platform, `broken${++number}`);
    await app.push();
    good = await headOf(use.platform, app.app);
    rejected = await app.commit({ a: '1' });
  });

  test.each(ENDS)('by %s, the gate itself makes the head the latest again', async (title, end) => {
    if (title === 'its time') await gitOnPort(use.platform, app.app, 'config', 'doskara.timeout', '15s');
    await using pusher = startPush(app, use.platform.pusherEnv);
    const runner = await stopWhilePushing(app.app, rejected, () => runnerOf(app.app));
    await end(app.app, pusher, runner);
    await expect.poll(() => outcomeOf(app.app), WAIT).toMatch(/^(?:cancelled|lost)$/);
    await expect.poll(() => use.platform.record(app.app, 2)['pushing'], WAIT).toBe(false);
    expect(await headOf(use.platform, app.app)).toBe(good);
    expect(await use.platform.latestRevision(app.app)).toBe(good);
    const said = `-----> The warehouse may have this image by now: ${good.slice(0, 12)} (build 1) is made the latest again`;
    expect(use.platform.log(app.app, 2)).toContain(said);
    expect((await use.platform.doskara('reconcile', app.app)).all).toBe('');
  });

  test('by a kill of the gate, doctor says so, and reconcile makes the head the latest again, without a build', async () => {
    await using pusher = startPush(app, use.platform.pusherEnv);
    const hook = await stopWhilePushing(app.app, rejected, () => hookOf(app.app));
    process.kill(hook, 'SIGKILL');
    await pusher.ended;
    expect(await headOf(use.platform, app.app)).toBe(good);
    expect(await use.platform.latestRevision(app.app)).toBe(rejected);
    expect((await use.platform.doskara('doctor')).all).toContain(
      `warning: ${app.app}: latest may be an image of ${rejected.slice(0, 12)} (build 2), which git has not taken\nhint: doskara reconcile ${app.app}`,
    );
    const { all } = await use.platform.doskara('reconcile', app.app);
    expect(all).toContain(
      `Build 3 of ${app.app}: back from ${rejected.slice(0, 12)} (build 2) to ${good.slice(0, 12)}`,
    );
    expect(all).toMatch(new RegExp(`^success: ${app.app} build 3 built`, 'm'));
    expect(all).not.toContain('Building on');
    expect(await use.platform.latestRevision(app.app)).toBe(good);
    expect((await use.platform.doskara('reconcile', app.app)).all).toBe('');
    expect((await use.platform.doskara('doctor')).all).toMatch(new RegExp(`^ok: ${app.app}: `, 'm'));
  });

  test('by a kill of the gate, a push that is rejected next does not make it right, and reconcile does', async () => {
    await using pusher = startPush(app, use.platform.pusherEnv);
    const hook = await stopWhilePushing(app.app, rejected, () => hookOf(app.app));
    process.kill(hook, 'SIGKILL');
    await pusher.ended;
    await app.commit({ 'build.sh': 'exit 1' });
    expect((await app.push()).lines.at(-1)).toMatch(/build 3 failed/);
    await use.platform.doskara('reconcile', app.app);
    expect(await use.platform.latestRevision(app.app)).toBe(good);
  });
});

test('Ctrl-C before the image is pushed puts nothing back', async () => {
  const app = await gatedApp(use.platform, 'early');
  await app.push();
  await app.commit({ 'build.sh': 'echo started; sleep 971\n' });
  await using pusher = startPush(app, use.platform.pusherEnv);
  await untilLogged(use.platform, 'early', 2, 'started');
  pusher.send('SIGINT');
  await expect.poll(() => outcomeOf('early'), WAIT).toBe('cancelled');
  expect(use.platform.log('early', 2)).not.toContain('The warehouse may have');
});
