/** Damaged files under port's root: each is reported in one line, with what to do. */
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { finding, wrongWith } from '../rig/doctor.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { asRoot } from '../rig/processes.ts';

const use = usePlatform();
const stateOf = (app: string, ...path: string[]) => join(use.platform.repository(app), 'doskara', ...path);

describe('malformed records', () => {
  test('are skipped by builds, list and logs, which do not hang; the next build gets its number', async () => {
    const app = await use.platform.app('odd');
    await app.push();
    const odd = ['[]', '{}', '"str"', '', '\0\xff', JSON.stringify({ number: 7, outcome: 'running' })];
    for (const [i, text] of odd.entries()) writeFileSync(stateOf('odd', 'builds', `${i + 2}.json`), text);
    mkdirSync(stateOf('odd', 'builds/8.json'));
    writeFileSync(stateOf('odd', 'builds/999999999999999999999.json'), '{}');
    writeFileSync(stateOf('odd', 'builds/7.log'), '');

    const { stdout, exitCode } = await use.platform.doskara('builds', 'odd', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ number: 1, outcome: 'built' }]);
    expect((await use.platform.doskara('list')).stdout).toMatch(/^odd\t\w{12}\t\w{12} \(1\)\tbuilt \(build 1\)\t/m);
    for (const follow of [[], ['-f']]) {
      const logs = await use.platform.doskara('logs', 'odd', ...follow);
      expect(logs.stdout).toMatch(/^success: odd build 1 built/m);
      expect(logs.exitCode).toBe(0);
    }
    const damaged = await use.platform.doskara('logs', 'odd', '7', '-f');
    expect(damaged.all).toMatch(
      /^error: the record of build 7 is damaged: \S+\nhint: look at its log: less \S+7\.log$/,
    );
    expect(damaged.exitCode).toBe(2);

    await app.commit({ a: '1' });
    expect((await app.push()).lines.at(-1)).toMatch(/^success: odd build 9 built/);
  });
});

describe('a directory in place of the lock file', () => {
  test('makes a build lost, and the error says what to remove; then reconcile builds it', async () => {
    const app = await use.platform.app('locked');
    mkdirSync(stateOf('locked', 'lock'), { recursive: true });
    const { text, lines } = await app.push();
    const lock = stateOf('locked', 'lock');
    const error = `error: ${lock} is a folder, not a file; this is not your app's fault`;
    expect(text).toContain(`${error}\nhint: tell an admin\n`);
    expect(use.platform.log('locked', 1)).toContain(` hint: check it, then remove it: ls -ld ${lock}\n`);
    expect(lines.at(-1)).toMatch(/^error: locked build 1 lost in/);
    const rename = await use.platform.doskara('rename', 'locked', 'unlocked');
    expect(rename.all).toMatch(/^error: \S+lock is a folder, not a file\nhint: /);
    expect(rename.exitCode).toBe(4);
    rmdirSync(lock);
    expect((await use.platform.doskara('reconcile', 'locked')).all).toMatch(/^success: locked build 2 built/m);
  });
});

test('doctor reports an app without a HEAD, and the command in its hint restores it', async () => {
  const app = await use.platform.app('headless');
  await app.push();
  const folder = use.platform.repository('headless');
  rmSync(join(folder, 'HEAD'));
  const { exitCode, found } = await wrongWith(use.platform);
  expect(found).toEqual([
    finding(
      'error repository',
      'port',
      /^headless: HEAD is missing, so git does not see a repository$/,
      `git init --bare .*${folder}$`,
    ),
  ]);
  expect(exitCode).toBe(2);
  const [, command = ''] = /: (git .*)$/.exec(found[0]?.hint ?? '') ?? [];
  await execa('sh', ['-c', command]);
  await app.commit({ a: '1' });
  expect((await app.push()).lines.at(-1)).toMatch(/^success: headless build 2 built/);
});

test.skipIf(process.getuid?.() !== 0)(
  'another user is told to run a command as root, and no command hangs',
  async () => {
    const root = join(use.platform.folder, 'theirs');
    const home = join(use.platform.folder, 'stranger');
    for (const folder of [root, home]) mkdirSync(folder);
    writeFileSync(join(home, '.gitconfig'), `[doskara]\n\troot = ${root}\n`);
    await asRoot('chmod', '755', use.platform.folder);
    await asRoot('chmod', '700', root);
    const asStranger = (...args: string[]) =>
      execa('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', join(DIST, 'doskara'), ...args], {
        env: { HOME: home },
        cwd: '/',
        all: true,
        reject: false,
        stdin: 'ignore',
      });
    const shop = join(root, 'shop.git');
    for (const [command, said, code] of [
      ['list', `nobody may not use ${root}`, 4],
      ['reconcile', `nobody may not use ${root}`, 4],
      ['hook status --all', `nobody may not use ${root}`, 4],
      ['status shop', `nobody may not use ${shop}`, 4],
      ['config shop', `nobody may not use ${shop}`, 4],
      ['key add ann', `only the owner of ${root} can manage its keys`, 2],
      ['key list', `only the owner of ${root} can manage its keys`, 2],
      ['key remove ann', `only the owner of ${root} can manage its keys`, 2],
    ] as const) {
      const { all, exitCode } = await asStranger(...command.split(' '));
      expect(all).toBe(`error: ${said}\nhint: run it as root: sudo doskara ${command}`);
      expect(exitCode).toBe(code);
    }
    const doctor = await asStranger('doctor');
    expect(doctor.stdout).toContain(`error: nobody may not use ${root}\nhint: run it as root: sudo doskara doctor`);
    expect(doctor.exitCode).toBe(2);
    expect(readdirSync(root)).toEqual([]);
  },
);
