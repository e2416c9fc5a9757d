import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';
import { destinationOf } from '../rig/ssh.ts';

const use = usePlatform();

test('help prints a page of the manual or the --help of a command, and suggests the nearest name for anything else', async () => {
  const help = (...args: string[]) => use.platform.doskara('help', ...args);
  expect((await help('settings')).stdout).toMatch(/^`doskara\.timeout` +`30m` /m);
  for (const args of [['logs'], ['key', 'add']])
    expect((await help(...args)).stdout).toBe((await use.platform.doskara(...args, '--help')).stdout);
  const all = await help();
  expect(all).toMatchObject({ exitCode: 0, stdout: (await use.platform.doskara('--help')).stdout });
  expect(all.stdout).toMatch(/^ {2}after-build +run a command/m);
  expect(await help('setings')).toMatchObject({
    exitCode: 2,
    all: 'error: no help on "setings"\nhint: did you mean settings? to list all topics: doskara help',
  });
  expect((await help('key', 'ad')).exitCode).toBe(2);
});

let destination: string[];
beforeAll(async () => {
  destination = await destinationOf(await use.platform.app('theirs'));
});

const ssh = (...args: string[]) =>
  execa('ssh', ['-T', '-F', join(use.platform.folder, 'pusher/ssh_config'), ...destination, ...args], {
    all: true,
    reject: false,
    stdin: 'ignore',
  });

test('a pusher is told of similar names, and how to build an app that has no builds', async () => {
  expect((await ssh('logs', 'thiers')).all).toMatch(
    /^error: there is no app "thiers" here\nhint: did you mean theirs\? all your apps: ssh \S+@\S+ list$/,
  );
  expect((await ssh('logs', 'theirs')).all).toBe(
    'error: theirs has no builds yet\nhint: to build what you have checked out: git push doskara HEAD:main',
  );
});

test('a pusher can read the manual and the usage of a command over ssh', async () => {
  const help = (...args: string[]) => ssh('help', ...args);
  expect(await help('gate')).toMatchObject({
    exitCode: 0,
    stdout: (await use.platform.doskara('help', 'gate')).stdout,
  });
  expect((await ssh('help')).stdout).toMatch(/^ {2}gate +reject pushes/m);
  expect((await ssh('help', 'logs')).stdout).toMatch(/^logs <app> /);
  const unknown = await ssh('help', 'gaet');
  expect(unknown).toMatchObject({ exitCode: 2 });
  expect(unknown.all).toMatch(/^error: no help on "gaet"\nhint: did you mean gate\? .*: ssh \S+@\S+ help$/);
});

test('whoever uses the former name of an app is told its new one', async () => {
  const app = await use.platform.app('nu-web');
  await use.platform.doskara('rename', 'nu-web', 'nu-site');
  expect((await app.push()).all).toMatch(
    /error: nu-web is now called nu-site\n.*hint: git remote set-url doskara \S+@\S+:nu-site\n/,
  );
  expect((await use.platform.doskara('builds', 'nu-web')).all).toBe(
    'error: nu-web is now called nu-site\nhint: to see it: doskara status nu-site',
  );
});

test('with many apps, a pusher is greeted with some, and what to type comes last, as it does in a list', async () => {
  const { root } = use.platform;
  await use.platform.doskara('create', 'original');
  for (let i = 1; i <= 30; i++) await cp(join(root, 'original.git'), join(root, `copy-${i}.git`), { recursive: true });
  const lines = (await ssh()).stdout.split('\n');
  expect(lines.filter((line) => line.startsWith('copy-'))).toHaveLength(20);
  expect(lines).toContainEqual(expect.stringMatching(/^… and 1\d more: ssh \S+@\S+ list$/));
  expect(lines.slice(-3)).toEqual([
    '',
    expect.stringMatching(/^For example: ssh /),
    expect.stringMatching(/^Options of a command: ssh \S+@\S+ help logs$/),
  ]);
  expect(lines.slice(0, -3).filter((line) => line.length > 80)).toEqual([]);
  expect((await ssh('list')).stdout.split('\n').slice(-2)).toEqual([
    expect.stringMatching(/^APP +HEAD /),
    expect.stringMatching(/^More about one of them: ssh \S+@\S+ status <app>$/),
  ]);
});
