import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { tryLock } from '../../src/lock.ts';
import { rankFor } from '../../src/rendezvous.ts';
import { usePlatform } from '../rig/platform-test.ts';

const use = usePlatform();
const BUSY =
  /^warning: the factory factory \(\S+\) closes the connection before the ssh handshake, as sshd does under too many new connections; retrying for up to 1 minute$/gm;
const WAITING = 'as sshd does under too many new connections';
const held: Socket[] = [];

beforeAll(async () => {
  await restartFactory('MaxStartups 2:90:3');
});
afterEach(release);

async function restartFactory(lines: string): Promise<void> {
  await use.platform.factory.stop();
  await use.platform.startFactory(lines);
}

/** Occupies every slot that sshd has for connections that have not logged in yet. */
async function hold(): Promise<void> {
  while (held.length < 3) {
    const socket = connect(use.platform.factory.sshPort, '127.0.0.1');
    socket.on('error', () => {});
    const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    if (String(first).startsWith('SSH-')) held.push(socket);
  }
}

function release(): void {
  for (const socket of held.splice(0)) socket.destroy();
}

/** Turns of hooks/take-turn.sh that a hook holds. */
async function takenTurns(): Promise<string[]> {
  const folder = join(use.platform.portHome, '.cache/doskara');
  const files = readdirSync(folder).filter((name) => name.startsWith('starting'));
  const locks = await Promise.all(files.map((name) => tryLock(join(folder, name))));
  await Promise.all(locks.map((lock) => lock?.[Symbol.asyncDispose]()));
  return files.filter((_, i) => locks[i] === undefined);
}

const logOf = (app: string) => (use.platform.hasRecord(app, 1) ? use.platform.log(app, 1) : '');

test('many simultaneous pushes to a factory whose sshd accepts three are all built, and each pusher gets one notice', async () => {
  const names = Array.from({ length: 5 }, (_, i) => `crowd-${i}`);
  const apps = await Promise.all(names.map((name) => use.platform.app(name)));
  await hold();
  const pushes = apps.map((app) => app.push());
  for (const name of names) await expect.poll(() => logOf(name), { timeout: 60_000 }).toContain(WAITING);
  await expect.poll(takenTurns, { timeout: 60_000 }).toEqual([]);
  release();
  for (const { text, lines } of await Promise.all(pushes)) {
    expect(lines.at(-1)).toMatch(/^success: crowd-\d build 1 built/);
    expect(text.match(BUSY)).toHaveLength(1);
  }
  for (const name of names) expect(use.platform.record(name, 1)).toMatchObject({ outcome: 'built', exitCode: 0 });
});

test('apps that are spread over factories are built at their homes, which doskara list tells', async () => {
  const config = join(use.platform.portHome, 'ssh_config');
  const before = readFileSync(config, 'utf8');
  writeFileSync(config, before.replace('Host factory\n', 'Host factory factory-2\n'));
  const onPort = (...args: string[]) =>
    execa('git', ['config', '--global', ...args], { env: { HOME: use.platform.portHome } });
  await onPort('--add', 'doskara.factory', 'factory-2');
  await onPort('doskara.spread', 'true');
  const homes = ['factory', 'factory-2'];
  const names = homes.map((home) => {
    for (let i = 1; ; i++) if (rankFor(`spread-${i}`, homes)[0] === home) return `spread-${i}`;
  });
  for (const name of names) expect((await (await use.platform.app(name)).push()).lines.at(-1)).toMatch(/^success: /);
  expect(names.map((name) => use.platform.record(name, 1)['factory'])).toEqual(homes);
  const { stdout } = await use.platform.doskara('list');
  for (const [i, name] of names.entries()) expect(stdout).toMatch(new RegExp(`^${name}\\t.*\\t${homes[i]}$`, 'm'));
  await onPort('--unset-all', 'doskara.spread');
  await onPort('--unset', 'doskara.factory', 'factory-2');
  writeFileSync(config, before);
  expect((await use.platform.doskara('list')).stdout).not.toMatch(/\tfactory$/m);
});

test('doskara.timeout and doskara cancel end the wait for a busy factory', async () => {
  const [timed, cancelled] = await Promise.all(['timed', 'cancelled'].map((name) => use.platform.app(name)));
  await timed?.git('--git-dir', use.platform.repository('timed'), 'config', 'doskara.timeout', '2s');
  await hold();
  expect((await timed?.push())?.text).toContain('error: the build took longer than 2.0 s');
  expect(use.platform.record('timed', 1)).toMatchObject({ outcome: 'cancelled' });
  const push = cancelled?.push();
  await expect.poll(() => logOf('cancelled'), { timeout: 60_000 }).toContain(WAITING);
  const { all } = await use.platform.doskara('cancel', 'cancelled');
  expect(all).toMatch(/^error: cancelled build 1 cancelled in/);
  expect((await push)?.text).toMatch(/^error: the build was cancelled by \w+$/m);
});

test('beyond doskara.maxSending, builds wait on port, and a killed one lets the next go', async () => {
  const onPort = (...args: string[]) =>
    execa('git', ['config', '--global', ...args], { env: { HOME: use.platform.portHome } });
  await onPort('doskara.maxSending', '1');
  const [long, next, last] = await Promise.all(
    ['long', 'next', 'last'].map((name) =>
      use.platform.app(name, { 'build.sh': `test ${name} != long || sleep 600\n`, 'run.sh': 'true\n' }),
    ),
  );
  const cut = long?.push();
  await expect.poll(() => logOf('long'), { timeout: 60_000 }).toContain('-----> Building');
  await expect.poll(takenTurns, { timeout: 60_000 }).toEqual([]);
  const waiting = next?.push();
  await expect.poll(() => logOf('next'), { timeout: 60_000 }).toContain('Waiting: 1 build ahead of this one');
  await last?.git('--git-dir', use.platform.repository('last'), 'config', 'doskara.timeout', '1s');
  const queued = last?.push();
  await expect.poll(() => logOf('last'), { timeout: 60_000 }).toContain('Waiting: 2 builds ahead of this one');
  expect((await use.platform.doskara('doctor')).stdout).toContain(
    'the factory can run 20 builds at once, but port sends it at most 1 (doskara.maxSending)\n',
  );
  await sleep(3000); // longer than its time limit, which does not run yet
  const { stdout } = await use.platform.doskara('cancel', 'last');
  expect(stdout).toContain('cancelled');
  expect((await queued)?.text).toMatch(/^error: the build was cancelled by \w+$/m);
  process.kill(Number(use.platform.record('long', 1)['pid']), 'SIGKILL');
  expect((await waiting)?.lines.at(-1)).toMatch(/^success: next build 1 built/);
  await cut;
  await onPort('--unset', 'doskara.maxSending');
  expect(readdirSync(join(use.platform.portHome, '.cache/doskara/sending/factory'))).toEqual([]);
});

test('doctor says what to change on the factory', async () => {
  await hold();
  const { stdout, exitCode } = await use.platform.doskara('doctor');
  expect(stdout).toMatch(
    /^hint: on the factory, put first in \/etc\/ssh\/sshd_config\.d\/doskara\.conf: MaxStartups 200:30:400; then: /m,
  );
  expect(exitCode).toBe(4);
});

test.each([
  ['KexAlgorithms', 'sntrup761x25519-sha512@openssh.com', 'key exchange', 'curve25519-sha256'],
  ['MACs', 'umac-128-etm@openssh.com', 'MAC', 'hmac-sha2-256-etm@openssh.com'],
  ['Ciphers', 'aes128-cbc', 'cipher', 'aes256-gcm@openssh.com'],
])("if the factory's sshd offers only other %s, doctor names the line to add, and the line helps", async (...row) => {
  const [keyword, only, what, known] = row;
  const more = keyword === 'MACs' ? 'Ciphers aes128-ctr\n' : '';
  await restartFactory(`${more}${keyword} ${only}`);
  const app = await use.platform.app(`hardened-${keyword.toLowerCase()}`);
  const { text, lines } = await app.push();
  expect(text).toMatch(
    new RegExp(
      `^error: the factory factory \\(\\S+\\) has no ${what} in common with doskara: its sshd offers ${only}; this is not your app's fault$`,
      'm',
    ),
  );
  expect(lines.at(-1)).toMatch(/ lost in /);
  const log = use.platform.log(app.app, 1);
  const [, file, line] =
    / hint: on the factory, put first in (\S+): (.*); then: systemctl reload ssh$/m.exec(log) ?? [];
  expect({ file, line }).toEqual({
    file: '/etc/ssh/sshd_config.d/doskara.conf',
    line: `${keyword} ${only},${known}`,
  });
  await restartFactory(`${line}\n${more}`);
  expect((await use.platform.doskara('replay', app.app)).exitCode).toBe(0);
});
