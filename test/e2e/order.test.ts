import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { type Go, makeGo } from '../rig/go.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();

const SLOW = { 'build.sh': 'echo started; sleep 4; echo finished\n', 'run.sh': 'true\n' };
const until = (go: Go) => ({ 'build.sh': `echo started; ${go.wait}; echo finished\n`, 'run.sh': 'true\n' });
const outcomes = (app: string) =>
  Array.from({ length: 30 }, (_, i) => i + 1)
    .filter((number) => use.platform.hasRecord(app, number))
    .map((number) => use.platform.record(app, number));
const untilLogged = (app: string, number: number, text: string) =>
  expect
    .poll(() => (use.platform.hasRecord(app, number) ? use.platform.log(app, number) : ''), { timeout: 60_000 })
    .toContain(text);

describe('the newest push wins', () => {
  test('a waiting build names the build it waits for, and is superseded as soon as it is no longer the head', async () => {
    using go = await makeGo(use.platform);
    const app = await use.platform.app('waits', until(go));
    const first = app.push();
    await untilLogged('waits', 1, 'started');
    await app.commit({ a: '2' });
    const second = app.push();
    await untilLogged('waits', 2, 'Waiting');
    const head = await app.commit({ a: '3' });
    const pushing = app.push();
    expect((await second).lines.at(-1)).toMatch(/^warning: waits build 2 superseded/);
    await app.git('fetch', 'doskara', 'refs/notes/builds:refs/notes/builds');
    expect((await app.git('notes', '--ref=builds', 'show', 'HEAD~')).stdout).toMatch(/^superseded, build 2, /);
    await untilLogged('waits', 3, 'Waiting');
    expect(use.platform.record('waits', 1)).toMatchObject({ outcome: 'running' });
    go.give();
    const third = await pushing;
    expect((await first).lines.at(-1)).toMatch(/^success: waits build 1 built/);
    expect((await second).text).toMatch(
      /^-----> Waiting: another build of waits is running \(build 1 by alice, for \d+ s\)$/m,
    );
    expect((await second).text).toMatch(/^warning: main has moved on to \w{12}; build 3 builds it$/m);
    expect(third.lines.at(-1)).toMatch(/^success: waits build 3 built/);
    expect(await use.platform.latestRevision('waits')).toBe(head);
  });

  test('six pushes in a row cause at most two builds, and latest is the head', async () => {
    using go = await makeGo(use.platform);
    const app = await use.platform.app('sixfold', until(go));
    const pushes = [app.push()];
    await untilLogged('sixfold', 1, 'started');
    for (let i = 2; i <= 6; i++) {
      await app.commit({ 'build.sh': `echo ${i}\n` });
      pushes.push(app.push());
      await untilLogged('sixfold', i, 'Waiting');
    }
    go.give();
    await Promise.all(pushes);
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    const ends = outcomes('sixfold').map(({ outcome }) => outcome);
    expect(ends).toEqual(['built', ...Array(4).fill('superseded'), 'built']);
    expect(await use.platform.latestRevision('sixfold')).toBe(head);
  });

  test('two apps with three simultaneous pushes each both end with their head as the latest', async () => {
    const apps = await Promise.all(['both-a', 'both-b'].map((name) => use.platform.app(name)));
    await Promise.all(
      apps.map(async (app) => {
        const pushes = [];
        for (let i = 0; i < 3; i++) {
          await app.commit({ a: `${i}` });
          pushes.push(app.push());
          await untilLogged(app.app, i + 1, 'Build');
        }
        await Promise.all(pushes);
      }),
    );
    for (const app of apps) {
      expect(await use.platform.latestRevision(app.app)).toBe((await app.git('rev-parse', 'HEAD')).stdout);
      for (const { outcome } of outcomes(app.app)) expect(['built', 'superseded']).toContain(outcome);
    }
  });

  test('after a force push during a build, latest is the new head; deleting the branch builds nothing', async () => {
    using go = await makeGo(use.platform);
    const app = await use.platform.app('forced', until(go));
    const first = app.push();
    await untilLogged('forced', 1, 'started');
    await app.git('commit', '--amend', '--quiet', '-m', 'rewritten');
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    const second = app.push('--force', 'main');
    await untilLogged('forced', 2, 'Waiting');
    go.give();
    await Promise.all([first, second]);
    expect(await use.platform.latestRevision('forced')).toBe(head);

    await execa('git', ['-C', use.platform.repository('forced'), 'config', 'receive.denyDeleteCurrent', 'ignore']);
    go.stop();
    await app.commit({ b: '1' });
    const third = app.push();
    await untilLogged('forced', 3, 'started');
    await app.commit({ b: '2' });
    const fourth = app.push();
    await untilLogged('forced', 4, 'Waiting');
    const gone = await app.push('--delete', 'main');
    go.give();
    expect(gone.lines[0]).toBe('branch main was deleted; the image of forced is unchanged');
    await Promise.all([third, fourth]);
    expect(use.platform.record('forced', 4)).toMatchObject({
      outcome: 'superseded',
      error: expect.stringContaining('deleted'),
    });
  });
});

describe('push options', () => {
  test('-o detach returns at once, and the build goes on', async () => {
    const app = await use.platform.app('detached', SLOW);
    const { lines } = await app.push('-o', 'detach', 'main');
    expect(lines).toEqual([
      expect.stringMatching(/^Build 1 of detached: \w{12} a change; it goes on in the background$/),
    ]);
    expect(use.platform.record('detached', 1)).toMatchObject({ outcome: 'running' });
    await expect.poll(() => use.platform.record('detached', 1)['outcome'], { timeout: 60_000 }).toBe('built');
    expect(use.platform.log('detached', 1)).toContain('       finished');
  });

  test('-o skip stores the commit and a record that says so, and reconcile does not build it', async () => {
    const app = await use.platform.app('skipped');
    const { lines } = await app.push('-o', 'skip', 'main');
    expect(lines.at(-1)).toMatch(/^warning: skipped build 1 cancelled/);
    expect((await use.platform.doskara('reconcile', 'skipped')).all).toBe('');
    expect(use.platform.record('skipped', 1)).toMatchObject({
      outcome: 'cancelled',
      error: expect.stringContaining('-o skip'),
    });
  });

  test('-o no-cache rebuilds every step, and an unknown option is answered with the list of options', async () => {
    const app = await use.platform.app('optional');
    await app.push();
    await app.git('commit', '--amend', '--quiet', '--no-edit', '--date=now');
    const { text } = await app.push('--force', '-o', 'no-cache', '-o', 'quick', 'main');
    expect(text).toContain('warning: "quick" is not a push option; use detach, no-cache or skip');
    expect(text).toContain('       built optional at');
  });
});

describe('doskara cancel', () => {
  test('stops the build on the factory, says who cancelled it, and leaves the old image', async () => {
    const app = await use.platform.app('cancelled');
    await app.push();
    const good = await use.platform.latestRevision('cancelled');
    await app.commit({ 'build.sh': 'echo started; sleep 987\n' });
    const push = app.push();
    await untilLogged('cancelled', 2, 'started');
    const { all, exitCode } = await use.platform.doskara('cancel', 'cancelled');
    expect(all).toMatch(/^error: cancelled build 2 cancelled in/);
    expect(exitCode).toBe(0);
    const left = await execa('sh', ['-c', "ps ax -o args | grep -v grep | grep -E 'sleep 987'"], {
      reject: false,
    });
    expect(left.stdout).toBe('');
    expect((await push).text).toMatch(/^error: the build was cancelled by \w+$/m);
    expect(use.platform.record('cancelled', 2)).toMatchObject({ outcome: 'cancelled', exitCode: 130 });
    expect(await use.platform.latestRevision('cancelled')).toBe(good);
    expect((await use.platform.doskara('cancel', 'cancelled')).all).toContain(
      'no build of cancelled is running or waiting',
    );
    await app.commit({ 'build.sh': 'true\n' });
    expect((await app.push()).lines.at(-1)).toMatch(/^success: cancelled build 3 built/);
  });

  test('does the same as doskara.timeout', async () => {
    const app = await use.platform.app('endless', { 'build.sh': 'echo started; sleep 988\n', 'run.sh': '' });
    await execa('git', ['-C', use.platform.repository('endless'), 'config', 'doskara.timeout', '3s']);
    const { text } = await app.push();
    expect(text).toContain('error: the build took longer than 3.0 s');
    const left = await execa('sh', ['-c', "ps ax -o args | grep -v grep | grep -E 'sleep 988'"], { reject: false });
    expect(left.stdout).toBe('');
    expect(use.platform.record('endless', 1)).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('doskara reconcile', () => {
  test('builds a head whose hook was killed, once, and does not repeat a failed build', async () => {
    const app = await use.platform.app('killed', SLOW);
    const push = app.push();
    await untilLogged('killed', 1, 'started');
    process.kill(Number(use.platform.record('killed', 1)['pid']), 'SIGKILL');
    await push;
    const [first, second] = await Promise.all([
      use.platform.doskara('reconcile'),
      use.platform.doskara('reconcile', 'killed'),
    ]);
    expect(`${first.all}${second.all}`).toMatch(/^success: killed build \d built/m);
    expect(outcomes('killed').filter(({ outcome }) => outcome === 'built')).toHaveLength(1);
    expect(await use.platform.latestRevision('killed')).toBe((await app.git('rev-parse', 'HEAD')).stdout);

    await app.commit({ 'build.sh': 'exit 1' });
    await app.push();
    const before = outcomes('killed').length;
    expect((await use.platform.doskara('reconcile', 'killed')).all).toBe('');
    expect(outcomes('killed')).toHaveLength(before);
  });

  test('builds a head that was pushed before the hook was installed', async () => {
    const app = await use.platform.app('hookless');
    await use.platform.doskara('hook', 'remove', 'hookless');
    await app.push();
    expect((await use.platform.doskara('reconcile', 'hookless')).all).toBe('');
    await use.platform.doskara('hook', 'install', 'hookless');
    expect((await use.platform.doskara('reconcile', 'hookless')).all).toMatch(/success: hookless build 1 built/);
    expect(use.platform.record('hookless', 1)).toMatchObject({ why: 'reconcile', who: 'reconcile' });
  });
});
