import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import * as admin from '../rig/admin.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { startPush } from '../rig/pusher.ts';

const use = usePlatform();
const doskara = (...args: string[]) => use.platform.doskara(...args);

const expectRefusal = (args: string[], said: string, hint: string) =>
  admin.expectRefusal(use.platform, args, said, hint);
const addKey = (name: string, apps: string) => admin.addKey(use.platform, name, apps);
const limits = () => admin.limits(use.platform);
const destroyed = () => admin.destroyed(use.platform);

const NAME_HINT = 'use lower-case letters and digits, with single . _ or - between them, at most 63 characters';
const PATH_HINT = 'to list the names: doskara list; move or delete a repository elsewhere by hand';

describe('doskara rename', () => {
  test('moves repository, records and limited keys; the next push builds an image with the new name', async () => {
    const app = await use.platform.app('before');
    await app.push();
    await doskara('config', 'before', 'afterBuild', 'true');
    await addKey('ann', 'before');
    await addKey('bob', 'else,before');
    const { stdout, exitCode } = await doskara('rename', 'before', 'after');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `renamed before to after: ${use.platform.repository('after')}`,
      'the key of ann is now limited to after',
      'the key of bob is now limited to else, after',
      expect.stringMatching(/^its pushers must run: git remote set-url doskara \S+@\S+:after$/),
      'the images of before stay in the warehouse; the next push, or doskara replay after, creates those of after',
      'hint: what doskara.afterBuild deploys is still called before, and runs on; to let after take over: doskara help after-build',
    ]);
    expect(await limits()).toEqual({ ann: 'after', bob: 'else,after' });
    expect(existsSync(use.platform.repository('before'))).toBe(false);
    expect((await doskara('builds', 'after')).stdout).toMatch(/^1\tbuilt\t/);

    const { stdout: url } = await app.git('remote', 'get-url', 'doskara');
    await app.git('remote', 'set-url', 'doskara', url.replace(/before$/, 'after'));
    await app.commit({}, 'once more');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: after build 2 built \S+\/after@sha256:/);
    // a new app with the old name must not get the old keys
    await doskara('create', 'before');
    expect(await limits()).toEqual({ ann: 'after', bob: 'else,after' });
  });

  test('refuses an unknown app, a name that is taken, and an invalid name', async () => {
    for (const name of ['here', 'taken']) await doskara('create', name);
    await addKey('cid', 'here');
    const target = use.platform.repository('taken');
    await expectRefusal(['rename', 'heer', 'x'], 'there is no app heer', 'did you mean here? all apps: doskara list');
    await expectRefusal(
      ['rename', 'here', 'taken'],
      `app taken already exists in ${target}`,
      'use another name; or first: doskara destroy taken',
    );
    await expectRefusal(['rename', 'here', 'Up'], '"Up" is not an app name', NAME_HINT);
    await expectRefusal(['rename', 'here', '../up'], '"../up" is not an app name', NAME_HINT);
    await expectRefusal(['rename', 'He', 'up'], '"He" is not an app name', NAME_HINT);
    await expectRefusal(
      ['rename', './here', 'up'],
      'doskara rename takes the name of an app, but ./here is a path',
      PATH_HINT,
    );
    expect(existsSync(use.platform.repository('here'))).toBe(true);
    expect(await limits()).toMatchObject({ cid: 'here' });
  });

  test('refuses an app whose image name is set by doskara.app, and one that is a symbolic link', async () => {
    await doskara('create', 'set');
    const config = join(use.platform.repository('set'), 'config');
    await execa('git', ['config', '--file', config, 'doskara.app', 'other']);
    await expectRefusal(
      ['rename', 'set', 'unset'],
      "the setting doskara.app names this app's image: other",
      "to use the folder's name instead: doskara config set app --unset",
    );
    await doskara('config', 'set', 'app', '--unset');
    expect((await doskara('rename', 'set', 'unset')).exitCode).toBe(0);
    const link = use.platform.repository('link');
    await execa('ln', ['-s', use.platform.repository('unset'), link]);
    for (const args of [
      ['rename', 'link', 'chain'],
      ['destroy', 'link', '--yes'],
    ])
      await expectRefusal(
        args,
        `${link} is a symbolic link to a repository with another name`,
        `look at it, and change it by hand: ls -l ${link}`,
      );
    await execa('rm', [link]);
  });
});

test('an app that is being built can be neither renamed nor destroyed', async () => {
  const app = await use.platform.app('busy', { 'build.sh': 'sleep 60', 'run.sh': '' });
  await using pusher = startPush(app, use.platform.pusherEnv);
  const started = () => use.platform.hasRecord('busy', 1) && use.platform.record('busy', 1)['started'];
  await expect.poll(started, { timeout: 30_000 }).toBeTruthy();
  for (const args of [
    ['rename', 'busy', 'idle'],
    ['destroy', 'busy', '--yes'],
  ])
    await expectRefusal(
      args,
      'a build of busy is running or waiting',
      'wait for it: doskara logs busy -f; or cancel it: doskara cancel busy',
    );
  expect((await doskara('cancel', 'busy')).exitCode).toBe(0);
  await pusher.ended;
  expect((await doskara('rename', 'busy', 'idle')).exitCode).toBe(0);
  expect(destroyed().filter((name) => name.startsWith('busy'))).toEqual([]);
});

describe('doskara destroy', () => {
  /** Runs the indented commands at its end in a shell with this doskara in its PATH. */
  const bringBack = async (said: string) => {
    const commands = said
      .slice(said.indexOf('to restore it:'))
      .split('\n')
      .filter((line) => line.startsWith('  '));
    const env = { HOME: use.platform.portHome, PATH: `${DIST}:${process.env['PATH']}` };
    return execa('sh', ['-e', '-c', commands.join('\n')], { env, all: true, reject: false });
  };

  test('keeps a backup of everything, and the commands it prints restore it', async () => {
    const app = await use.platform.app('gone');
    await app.git('tag', '-a', 'v1', '-m', 'one');
    await app.push('main', 'main:side', 'v1');
    for (const [key, apps] of Object.entries({ dan: 'gone', eve: 'gone,kept' })) await addKey(key, apps);
    const repository = use.platform.repository('gone');
    await execa('git', ['-C', repository, 'config', 'doskara.timeout', '20m']);
    const refs = () => execa('git', ['-C', repository, 'for-each-ref']).then(({ stdout }) => stdout);
    const [refsBefore, logBefore, keysBefore] = [await refs(), use.platform.log('gone', 1), await limits()];
    await doskara('config', 'gone', 'afterBuild', 'true');
    const { stdout, exitCode } = await doskara('destroy', 'gone', '--yes');
    expect(exitCode).toBe(0);
    const [name = ''] = destroyed().filter((each) => each.startsWith('gone-'));
    const aside = join(use.platform.root, '.destroyed', name);
    expect(stdout.split('\n').slice(0, 6)).toEqual([
      `destroyed gone; its backup is in ${aside}:`,
      '  branches and tags (a git bundle), settings, hooks, records and logs of 1 build',
      'removed the key of dan, which was limited to gone',
      'the key of eve is now limited to kept',
      'the images of gone stay in the warehouse',
      'hint: what doskara.afterBuild has deployed runs on, such as a container doskara-gone; to stop it: doskara help after-build',
    ]);
    expect(statSync(aside).mode & 0o777).toBe(0o700);
    expect(existsSync(repository)).toBe(false);
    expect(existsSync(join(aside, 'repository/objects'))).toBe(false);
    const left = await limits();
    expect(left['dan']).toBeUndefined();
    expect(left['eve']).toBe('kept');
    expect((await doskara('list')).stdout).not.toContain('gone');

    const back = await bringBack(stdout);
    expect(back.exitCode, back.all).toBe(0);
    expect(await refs()).toBe(refsBefore);
    expect(use.platform.log('gone', 1)).toBe(logBefore);
    expect(await limits()).toEqual(keysBefore);
    expect((await execa('git', ['-C', repository, 'config', 'doskara.timeout'])).stdout).toBe('20m');
    await app.commit({}, 'it lives');
    expect((await app.push()).lines.at(-1)).toMatch(/^success: gone build 2 built/);
  });

  test('creates no bundle for an app without branches, and says so', async () => {
    await doskara('create', 'hollow');
    const { stdout } = await doskara('destroy', 'hollow', '-y');
    expect(stdout).toContain('  settings, hooks, records and logs of 0 builds; no git bundle, as it had no branch');
    expect((await bringBack(stdout)).exitCode).toBe(0);
    expect((await doskara('list')).stdout).toMatch(/^hollow\t-/m);
  });

  test('asks for the name on a terminal, and not with --yes', async () => {
    await doskara('create', 'asked');
    const hint = 'doskara destroy asked --yes';
    await expectRefusal(['destroy', 'asked'], 'cannot ask for confirmation without a terminal', hint);
    const env = { HOME: use.platform.portHome };
    const atTerminal = (typed: string) =>
      execa('script', ['-qec', `${DIST}/doskara destroy asked`, '/dev/null'], { env, input: typed, reject: false });
    const wrong = await atTerminal('askde\n');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stdout).toContain('error: the answer was not asked: nothing was changed');
    expect(existsSync(use.platform.repository('asked'))).toBe(true);
    const right = await atTerminal('asked\n');
    expect(right.exitCode).toBe(0);
    expect(right.stdout).toContain("Type the app's name to confirm: ");
    expect(existsSync(use.platform.repository('asked'))).toBe(false);
  });

  test('refuses an unknown app, and a path', async () => {
    await expectRefusal(['destroy', 'never', '--yes'], 'there is no app never', 'to create it: doskara create never');
    await expectRefusal(
      ['destroy', `${use.platform.root}/x.git`, '--yes'],
      `doskara destroy takes the name of an app, but ${use.platform.root}/x.git is a path`,
      PATH_HINT,
    );
  });

  test('leaves a repository that git cannot read unchanged, including its keys', async () => {
    const app = await use.platform.app('damaged');
    await app.push('-o', 'skip', 'main');
    await addKey('fay', 'damaged');
    const head = join(use.platform.repository('damaged'), 'refs/heads/main');
    const commit = readFileSync(head, 'utf8');
    writeFileSync(head, `${'1'.repeat(40)}\n`, { flag: 'w' });
    const { exitCode, all } = await doskara('destroy', 'damaged', '--yes');
    expect(exitCode).toBe(2);
    expect(all).toMatch(/^error: cannot back up \S+damaged\.git to \S+: .+\nhint: nothing is lost; /);
    expect(destroyed().filter((name) => name.startsWith('damaged'))).toEqual([]);
    expect(await limits()).toMatchObject({ fay: 'damaged' });
    writeFileSync(head, commit);
    expect((await doskara('destroy', 'damaged', '--yes')).exitCode).toBe(0);
  });
});
