import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { usePlatform } from '../rig/platform-test.ts';

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

test('a pusher can read the manual and the usage of a command over ssh', async () => {
  const app = await use.platform.app('theirs');
  const { hostname, port, username } = new URL((await app.git('remote', 'get-url', 'doskara')).stdout);
  const config = join(use.platform.folder, 'pusher/ssh_config');
  const help = (...args: string[]) =>
    execa('ssh', ['-T', '-F', config, '-p', port, `${username}@${hostname}`, 'help', ...args], {
      all: true,
      reject: false,
      stdin: 'ignore',
    });
  expect(await help('gate')).toMatchObject({
    exitCode: 0,
    stdout: (await use.platform.doskara('help', 'gate')).stdout,
  });
  expect((await help()).stdout).toMatch(/^ {2}gate +reject pushes/m);
  expect((await help('logs')).stdout).toMatch(/^logs <app> /);
  const unknown = await help('gaet');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.all).toMatch(/^error: no help on "gaet"\nhint: did you mean gate\? .*: ssh \S+@\S+ help$/);
});
