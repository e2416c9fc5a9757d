import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { cloneOf, gatedApp, gitOnPort, headOf, untilLogged } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { startPush } from '../rig/pusher.ts';

const use = usePlatform();

const GOOD = { 'build.sh': 'echo good\n' };
const BAD = { 'build.sh': 'echo started; exit 3\n' };

const has = async (app: string, object: string) =>
  (await gitOnPort(use.platform, app, 'cat-file', '-e', object)).exitCode === 0;

describe('a push to an app with a gate', () => {
  test('is accepted if it builds: one build, latest is the head, and the result comes last', async () => {
    const app = await gatedApp(use.platform, 'taken');
    const head = (await app.git('rev-parse', 'HEAD')).stdout;
    const { exitCode, lines, text } = await app.push();
    expect(exitCode).toBe(0);
    expect(lines[1]).toMatch(
      /^ {7}Press Ctrl-C to cancel the build; main is not updated\. Log: ssh \S+@\S+ logs taken 1$/,
    );
    expect(lines.at(-1)).toMatch(/^success: taken build 1 built \S+@sha256:\w{64} in \d+\.\d s$/);
    expect(text.match(/^success: /gm)).toHaveLength(1);
    expect(await headOf(use.platform, 'taken')).toBe(head);
    expect(await use.platform.latestRevision('taken')).toBe(head);
    expect(use.platform.record('taken', 1)).toMatchObject({
      outcome: 'built',
      commit: head,
      who: 'alice',
      why: 'push',
      gate: { pid: expect.any(Number), pidStart: expect.stringMatching(/^\d+$/) },
      landed: true,
    });
    expect(use.platform.log('taken', 1)).toMatch(/Z success: taken build 1 built \S+ in \S+ s\n$/);
    expect(use.platform.hasRecord('taken', 2)).toBe(false);
    expect((await use.platform.doskara('reconcile', 'taken')).all).toBe('');
  });

  test('is rejected with all its refs if the build fails, and leaves nothing behind', async () => {
    const app = await gatedApp(use.platform, 'rejected');
    await app.push();
    const good = await headOf(use.platform, 'rejected');
    const bad = await app.commit(BAD);
    await app.git('tag', 'v1');
    const { exitCode, lines, all } = await app.push('main', 'v1', 'HEAD:side');
    expect(exitCode).not.toBe(0);
    expect(lines.at(-2)).toBe(`error: push rejected: no ref was updated (main is still at ${good.slice(0, 12)})`);
    expect(lines.at(-1)).toMatch(/^error: rejected build 2 failed in \d+\.\d s$/);
    for (const ref of ['main -> main', 'v1 -> v1', 'HEAD -> side'])
      expect(all).toContain(`${ref} (pre-receive hook declined)`);
    expect(
      (await gitOnPort(use.platform, 'rejected', 'for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags'))
        .stdout,
    ).toBe('refs/heads/main');
    expect(await headOf(use.platform, 'rejected')).toBe(good);
    expect(await has('rejected', bad)).toBe(false);
    expect(await use.platform.latestRevision('rejected')).toBe(good);
    expect(use.platform.record('rejected', 2)).toMatchObject({ outcome: 'failed', exitCode: 1, landed: false });

    await app.commit(GOOD);
    await app.git('tag', '-f', 'v1');
    const mended = await app.push('main', 'v1', 'HEAD:side');
    expect(mended.exitCode).toBe(0);
    expect(mended.lines).toContain('tag v1 was stored but not built (rejected builds main)');
    expect(mended.lines.at(-1)).toMatch(/^success: rejected build 3 built/);
    for (const ref of ['refs/tags/v1', 'refs/heads/side'])
      expect(await headOf(use.platform, 'rejected', ref)).toBe(await headOf(use.platform, 'rejected'));
  });

  test('is accepted as usual if it does not update the build branch', async () => {
    const app = await gatedApp(use.platform, 'beside');
    const { exitCode, lines } = await app.push('HEAD:side');
    expect(exitCode).toBe(0);
    expect(lines).toEqual([
      'branch side was stored but not built (beside builds main)',
      'hint: to build what you have checked out: git push doskara HEAD:main',
      'warning: nothing to build; beside is unchanged',
    ]);
  });

  test('is built from the bytes that doskara archive prints later, also in a SHA-256 repository', async () => {
    const path = use.platform.repository('bytes');
    await execa('git', ['init', '--quiet', '--bare', '-b', 'main', '--object-format=sha256', path]);
    await gitOnPort(use.platform, 'bytes', 'config', 'doskara.gate', 'true');
    expect((await use.platform.doskara('hook', 'install', 'bytes')).stdout).toContain('hook installed; gate');
    const app = await use.platform.app('bytes', undefined, ['--object-format=sha256']);
    expect((await app.push()).exitCode).toBe(0);
    const { archive } = use.platform.record('bytes', 1) as { archive: { sha256: string } };
    const sent = await execa('sh', ['-c', '"$0" archive bytes | sha256sum', join('dist', 'doskara')], {
      env: { HOME: use.platform.portHome },
    });
    expect(sent.stdout).toBe(`${archive.sha256}  -`);
  });

  test('is refused before the build if git would reject it afterwards', async () => {
    const app = await gatedApp(use.platform, 'unfit');
    await app.push();
    await gitOnPort(use.platform, 'unfit', 'config', 'receive.denyNonFastForwards', 'true');
    await app.git('commit', '--amend', '--quiet', '-m', 'rewritten');
    const back = await app.push('--force', 'main');
    expect(back.exitCode).not.toBe(0);
    expect(back.text).toContain('error: git would reject this push to main: not a fast-forward');

    const shallow = await cloneOf(use.platform, app);
    await app.commit({ a: '1' });
    const url = `file://${app.folder}`;
    await shallow.git('fetch', '--quiet', '--depth=1', url, 'HEAD');
    await shallow.git('checkout', '--quiet', 'FETCH_HEAD');
    await gitOnPort(use.platform, 'unfit', 'config', 'receive.denyNonFastForwards', 'false');
    await shallow.commit({ b: '1' });
    const holes = await shallow.push('--force', 'HEAD:main');
    expect(holes.exitCode).not.toBe(0);
    expect(holes.text).toContain('error: git would reject this push to main: its history is incomplete');
    expect(holes.text).toContain('hint: git fetch --unshallow, then push again');
    expect(use.platform.hasRecord('unfit', 2)).toBe(false);
  });
});

/** A push without git: commands for receive-pack whose objects port has already, and an empty pack. */
function pushByHand(app: string, commands: readonly string[]) {
  const lines = commands.map((text, i) => (i === 0 ? `${text}\0report-status` : text));
  const packets = lines.map((text) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`).join('');
  const pack = Buffer.from('5041434b0000000200000000', 'hex');
  const input = Buffer.concat([Buffer.from(`${packets}0000`), pack, createHash('sha1').update(pack).digest()]);
  const env = { HOME: use.platform.portHome };
  return execa('git', ['receive-pack', use.platform.repository(app)], { input, env, all: true, reject: false });
}

test('a client that sends the branch twice in one push gets no commit past the gate', async () => {
  const app = await gatedApp(use.platform, 'twice');
  const good = (await app.git('rev-parse', 'HEAD')).stdout;
  await app.push();
  const next = await app.commit({ a: '1' });
  const bad = await app.commit(BAD);
  await app.push('HEAD:side');
  const none = '0'.repeat(40);
  for (const last of [`${next} ${bad}`, `${next} ${none}`, `${none} ${bad}`]) {
    const { all } = await pushByHand('twice', [`${good} ${next} refs/heads/main`, `${last} refs/heads/main`]);
    expect(all).toContain('error: main is in this push more than once; nothing was built');
    expect(await headOf(use.platform, 'twice')).toBe(good);
  }
});

/** Their ssh exits with the pusher, or stays for the next push: then sshd on port keeps running and reports nothing. */
const LEAVING: [string, NodeJS.Signals, string][] = [
  ['Ctrl-C', 'SIGINT', ''],
  ['being killed, where ssh shares one connection', 'SIGKILL', ' -o ControlMaster=auto -o ControlPersist=30'],
];

describe('a gated build whose pusher leaves', () => {
  test.each(LEAVING)('by %s is cancelled, and the branch stays where it was', async (_, signal, sharing) => {
    const name = `left-${signal.toLowerCase()}`;
    const app = await gatedApp(use.platform, name);
    await app.push();
    const good = await headOf(use.platform, name);
    await gitOnPort(use.platform, name, 'config', 'receive.keepAlive', '1');
    const nap = `sleep ${process.pid}${signal.length}`; // unique to this test
    const lost = await app.commit({ 'build.sh': `echo started; ${nap}\n` });
    const { GIT_SSH_COMMAND: ssh = '', ...env } = use.platform.pusherEnv;
    const control = join(use.platform.folder, name);
    await using pusher = startPush(app, { ...env, GIT_SSH_COMMAND: `${ssh}${sharing} -o ControlPath=${control}` });
    await untilLogged(use.platform, name, 2, 'started');
    pusher.send(signal);
    await expect.poll(() => use.platform.record(name, 2)['outcome'], { timeout: 30_000 }).toBe('cancelled');
    const error = `the pusher disconnected: main is still at ${good.slice(0, 12)}`;
    expect(use.platform.record(name, 2)).toMatchObject({ error, landed: false });
    expect((await execa('pgrep', ['-fx', nap], { reject: false })).stdout).toBe('');
    await expect.poll(() => has(name, lost), { timeout: 30_000 }).toBe(false);
    expect(await headOf(use.platform, name)).toBe(good);
    expect(await use.platform.latestRevision(name)).toBe(good);
    await execa('ssh', ['-o', `ControlPath=${control}`, '-O', 'exit', 'port'], { reject: false });
  });

  test('doskara cancel says who cancelled the build, and that main is unchanged', async () => {
    const app = await gatedApp(use.platform, 'ended', { 'build.sh': 'echo started; sleep 979\n', 'run.sh': 'true\n' });
    const push = app.push();
    await untilLogged(use.platform, 'ended', 1, 'started');
    expect((await use.platform.doskara('cancel', 'ended')).all).toMatch(/^error: ended build 1 cancelled in/);
    const { exitCode, text, lines } = await push;
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(
      /^error: the build was cancelled by \w+\nhint: push again\nerror: push rejected: no ref was updated \(main was not created\)/m,
    );
    expect(lines.at(-1)).toMatch(/^error: ended build 1 cancelled in/);
    expect(await headOf(use.platform, 'ended')).toBe('');
  });
});

test('the result is published after git accepted the push, and afterBuild runs after every build', async () => {
  const app = await gatedApp(use.platform, 'gate-known');
  const told = join(use.platform.folder, 'gate-told');
  const repository = use.platform.repository('gate-known');
  const heads = `git -C ${repository} rev-parse --quiet --verify main || echo none`;
  const command = `echo "$DOSKARA_OUTCOME $DOSKARA_LANDED $(${heads})" >>${told}`;
  await execa('git', ['-C', repository, 'config', 'doskara.afterBuild', command]);
  await app.commit({ 'build.sh': 'exit 1\n' });
  expect((await app.push()).exitCode).toBe(1);
  const head = await app.commit({ 'build.sh': 'true\n' });
  const { lines } = await app.push();
  expect(lines.at(-1)).toMatch(/^success: gate-known build 2 built/);
  expect(readFileSync(told, 'utf8')).toBe(`failed false none\nbuilt true ${head}\n`);
  for (const ref of ['refs/built/main', 'refs/deployed/main'])
    expect((await app.git('ls-remote', 'doskara', ref)).stdout).toContain(head);
  await app.git('fetch', 'doskara', 'refs/notes/builds:refs/notes/builds');
  expect((await app.git('notes', '--ref=builds', 'show', head)).stdout).toMatch(/^built, build 2, /);
  expect(use.platform.log('gate-known', 2).trim().split('\n').at(-1)).toContain('success: gate-known build 2 built');
});
