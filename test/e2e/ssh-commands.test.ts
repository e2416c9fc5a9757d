import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { ownProcessesOf, processesOf } from '../rig/proc.ts';
import { destinationOf } from '../rig/ssh.ts';
import { makeKey } from '../rig/sshd.ts';

const use = usePlatform();
const WITHIN = { timeout: 60_000, interval: 100 };
const SLOW = { 'build.sh': 'echo started; for i in 1 2 3; do sleep 1; echo "second $i"; done\n', 'run.sh': 'true\n' };

let theirs: Clone;
let other: Clone;
let destination: string[];
const bobsKey = () => join(use.platform.folder, 'pusher/bob');

/** The arguments of a pusher's ssh; alice's key is for all apps, bob's for some. */
const sshWords = (who: 'alice' | 'bob', args: string[]) => {
  const config = join(use.platform.folder, 'pusher/ssh_config');
  return ['-T', '-F', config, ...(who === 'bob' ? ['-i', bobsKey()] : []), ...destination, ...args];
};
const ssh = (who: 'alice' | 'bob', ...args: string[]) =>
  execa('ssh', sshWords(who, args), { all: true, reject: false, input: '' });

/** An ssh that its user interrupts. */
function startSsh(...args: string[]) {
  const child = spawn('ssh', sshWords('alice', args), { env: { ...process.env, ...use.platform.pusherEnv } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return { child, text: () => text, ended: once(child, 'exit') };
}

beforeAll(async () => {
  theirs = await use.platform.app('theirs');
  other = await use.platform.app('other');
  destination = await destinationOf(theirs);
  await makeKey(bobsKey());
  await use.platform.doskara('key', 'add', 'bob', `${bobsKey()}.pub`, '--apps', 'theirs,elsewhere');
  await theirs.push();
  await other.push();
});

describe('a pusher', () => {
  test('is greeted by name, with the available commands and apps', async () => {
    const { exitCode, stdout, stderr } = await ssh('alice');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Hello alice! Your apps:\n\nAPP (?:.+\n)+\nThere is no shell here; /);
    expect(stdout.match(/^ {2}\w+/gm)?.join()).toBe(
      '  list,  status,  builds,  logs,  wait,  replay,  rollback,  cancel,  help',
    );
    expect(stdout).toMatch(/^other +[0-9a-f]{12} +[0-9a-f]{12} \(1\) +built \(build 1\) +/m);
    expect((await ssh('alice', 'help')).stdout).toContain('\n  cancel <app> ');
  });

  test('lists apps in aligned columns, and as the same JSON as on port', async () => {
    const { exitCode, stdout } = await ssh('alice', 'list');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^theirs +[0-9a-f]{12} +[0-9a-f]{12} \(1\) +built \(build 1\) +\d+ /m);
    expect(stdout).not.toContain('\t');
    expect((await ssh('alice', 'list', '--json')).stdout).toBe((await use.platform.doskara('list', '--json')).stdout);
  });

  test('lists builds and reads their logs', async () => {
    const { stdout } = await ssh('alice', 'builds', 'theirs', '-n', '1');
    expect(stdout).toMatch(
      /^BUILD +OUTCOME +COMMIT +WHO +AGO +TOOK +SUBJECT\n1 \* +built +[0-9a-f]{12} +alice +.* a change\n\* live: \S+\/theirs:latest$/,
    );
    expect(JSON.parse((await ssh('alice', 'builds', 'theirs', '--json')).stdout)).toMatchObject([{ number: 1 }]);
    const log = await ssh('alice', 'logs', 'theirs', '1', '-f');
    expect(log).toMatchObject({ exitCode: 0, stdout: (await use.platform.doskara('logs', 'theirs')).stdout });
    expect((await ssh('alice', 'logs', 'theirs', '-t')).stdout).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z -----> Build 1 of theirs/,
    );
    const unknown = await ssh('alice', 'logs', 'theirs', '99');
    expect(unknown.exitCode).toBe(2);
    expect(unknown.all).toMatch(/^error: theirs has no build 99\nhint: ssh \S+@\S+ builds theirs$/);
  });

  test('replays a commit, recorded under the name of the key', async () => {
    const head = (await theirs.git('rev-parse', 'HEAD')).stdout;
    const { exitCode, stdout } = await ssh('alice', 'replay', 'theirs', head.slice(0, 9), '--no-cache');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\n       Press Ctrl-C to stop watching; the build goes on.');
    expect(stdout).toMatch(/\nsuccess: theirs build \d+ built \S+ in \S+ s$/);
    expect(use.platform.record('theirs', 2)).toMatchObject({
      commit: head,
      who: 'alice',
      why: 'replay',
      outcome: 'built',
    });
    const unknown = await ssh('alice', 'replay', 'theirs', 'no-such-branch');
    expect([unknown.exitCode, unknown.all]).toEqual([
      2,
      expect.stringMatching(/^error: theirs has no commit "no-such/),
    ]);
  });

  test('reads a long log completely, however slowly', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `2026-01-01T00:00:00.000Z line ${i} ${'.'.repeat(60)}`);
    appendFileSync(logFile('other'), `${lines.join('\n')}\n`);
    const looking = startSsh('logs', 'other');
    looking.child.stdout.pause();
    await expect.poll(() => looking.child.stdout.readableLength, WITHIN).toBeGreaterThan(0);
    looking.child.stdout.resume();
    await looking.ended;
    expect(looking.text().match(/^line \d+ /gm)).toHaveLength(40_000);
  });
});

describe('a running build', () => {
  test('is followed until Ctrl-C, which does not stop it, and is cancelled under the name of the key', async () => {
    const app = await use.platform.app('cancelled', { ...SLOW, 'build.sh': 'echo started; sleep 60\n' });
    const push = app.push();
    await expect.poll(() => logOf('cancelled'), WITHIN).toContain('started');
    const looking = startSsh('logs', 'cancelled', '-f');
    await expect.poll(looking.text, WITHIN).toContain('started');
    expect(commandsOnPort()).toContainEqual(expect.stringContaining(' serve alice'));
    looking.child.kill('SIGINT');
    await looking.ended;
    await expect.poll(commandsOnPort, WITHIN).not.toContainEqual(expect.stringContaining(' serve alice'));
    expect(use.platform.record('cancelled', 1)).toMatchObject({ outcome: 'running' });

    const { exitCode, stdout } = await ssh('alice', 'cancel', 'cancelled');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^error: cancelled build 1 cancelled in /);
    expect((await push).text).toContain('error: the build was cancelled by alice');
    const idle = await ssh('alice', 'cancel', 'cancelled');
    expect(idle.exitCode).toBe(2);
    expect(idle.all).toMatch(
      /^error: no build of cancelled is running or waiting\nhint: earlier builds: ssh \S+ builds cancelled$/,
    );
  });

  test('that a replay over ssh started survives Ctrl-C and the death of the ssh client', async () => {
    await Promise.all((['SIGINT', 'SIGKILL'] as const).map(replayAndLeave));
    await expect.poll(() => ownProcessesOf(use.platform.folder), WITHIN).toEqual([]);
    for (const name of ['left-sigint', 'left-sigkill']) {
      expect(use.platform.record(name, 2)).toMatchObject({
        outcome: 'built',
        who: 'alice',
        why: 'replay',
        exitCode: 0,
      });
      expect(use.platform.log(name, 2)).toMatch(/second 3\n(?:.*\n)*\S+ success: \S+ build 2 built \S+ in \S+ s\n$/);
    }
  });
});

async function replayAndLeave(signal: NodeJS.Signals): Promise<void> {
  const name = `left-${signal.toLowerCase()}`;
  const app = await use.platform.app(name, SLOW);
  await app.push('-o', 'skip', 'main');
  const replay = startSsh('replay', name);
  await expect.poll(replay.text, WITHIN).toContain('second 1');
  replay.child.kill(signal);
  await replay.ended;
}

describe('a key limited to some apps', () => {
  test('lists and greets with only those', async () => {
    for (const args of [[], ['list'], ['list', '--json']]) {
      const { exitCode, stdout } = await ssh('bob', ...args);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('theirs');
      expect(stdout).not.toContain('other');
    }
  });

  test('can use those, and gets the same answer for another app as for an unknown one', async () => {
    expect((await ssh('bob', 'builds', 'theirs')).exitCode).toBe(0);
    expect((await ssh('bob', 'cancel', 'elsewhere')).all).toContain('error: there is no app "elsewhere" here');
    await Promise.all(['status', 'builds', 'logs', 'wait', 'replay', 'rollback', 'cancel'].map(hearTheSame));
    expect(use.platform.hasRecord('other', 2)).toBe(false);
  });

  async function hearTheSame(word: string): Promise<void> {
    const others = await ssh('bob', word, 'other');
    const nobodys = await ssh('bob', word, 'nobodys');
    expect([others.exitCode, nobodys.exitCode]).toEqual([2, 2]);
    expect(others.all).toContain('error: the key of bob may not use other, only theirs, elsewhere');
    expect(nobodys.all).toBe(others.all.replaceAll('other', 'nobodys'));
  }
});

test('nothing else is accepted', async () => {
  const commands = [
    ...['id', 'create x', 'archive theirs', 'key list', 'hook remove theirs', 'reconcile', 'serve alice'],
    ...['config theirs', 'gate theirs off', 'rollback theirs main@{1}', 'wait theirs --timeout 1s;id', 'status a b'],
    ...['list --output=/x', 'list  --json', 'list\nid', 'list; id', '$(id)', 'builds a b', 'builds theirs -n 0'],
    ...['logs theirs ../../y', 'logs ../theirs', 'logs ROOT/other.git', 'logs theirs $(id)', 'replay theirs -x'],
    ...['replay theirs --output=/x', 'replay theirs main:build.sh', 'replay theirs main@{1}', 'cancel theirs;id'],
  ];
  for (let start = 0; start < commands.length; start += 8)
    await Promise.all(commands.slice(start, start + 8).map(refuse));
});

async function refuse(command: string): Promise<void> {
  const { exitCode, stdout, stderr } = await ssh('alice', command.replace('ROOT', use.platform.root));
  expect([command, exitCode, stdout]).toEqual([command, 2, '']);
  expect(stderr).toMatch(/^error: [^\n]+\nhint: [^\n]+$/);
  expect(stderr).not.toContain('uid=');
}

test("the client's environment cannot change the name, even if sshd accepts all of it", async () => {
  await use.platform.restartPort('AcceptEnv *');
  const forged = ['DOSKARA_PUSHER', 'SUDO_USER', 'GL_USER', 'LOGNAME', 'USER'].map((name) => `SetEnv=${name}=eve`);
  const options = forged.flatMap((option) => ['-o', option]);
  await execa('ssh', [...options, ...sshWords('alice', ['replay', 'theirs'])], { reject: false, input: '' });
  expect(use.platform.record('theirs', 3)).toMatchObject({ who: 'alice', outcome: 'built' });
  await use.platform.restartPort();
});

const logFile = (app: string) => join(use.platform.repository(app), 'doskara/builds/1.log');
const logOf = (app: string) => (existsSync(logFile(app)) ? readFileSync(logFile(app), 'utf8') : '');
const commandsOnPort = () => processesOf(use.platform.folder).map(({ command }) => command);
