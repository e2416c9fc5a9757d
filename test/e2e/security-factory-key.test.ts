import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Client, ExecOptions } from 'ssh2';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { askFor, connectHostile, refusalOf } from '../rig/hostile-client.ts';
import { DIST } from '../rig/platform.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { makeKey, publicKey } from '../rig/sshd.ts';

const RUNNER = '/usr/local/doskara/build.sh';
const folder = mkdtempSync(join(tmpdir(), 'doskara-factory-key-'));
const file = (name: string) => join(folder, name);
const canary = file('canary');
const program = (name: string, text: string) => {
  mkdirSync(file('bin'), { recursive: true });
  writeFileSync(file(`bin/${name}`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return file(`bin/${name}`);
};
program('logger', `exec /usr/bin/logger --no-act --stderr --socket-errors=off "$@" 2>>${file('syslog')}`);
const docker = program('docker', `env >>${file('env')}; exec ${inject('shared').docker} "$@"`);

const use = usePlatform({ PATH: `${file('bin')}:/usr/local/bin:/usr/bin:/bin`, DOSKARA_DOCKER: docker });
const key = file('key');
const limitedKey = file('limited');
const misspeltKey = file('misspelt');
let client: Client;
let limited: Client;
let ownFingerprint = '';

const syslog = () => (existsSync(file('syslog')) ? readFileSync(file('syslog'), 'utf8') : '');
const fingerprintOf = async (of: string) =>
  (await execa('ssh-keygen', ['-lf', `${of}.pub`])).stdout.split(' ')[1] ?? '';

beforeAll(async () => {
  for (const each of [key, limitedKey, misspeltKey]) await makeKey(each);
  const line = (args: string, of: string) => `restrict,command="${DIST}/build.sh ${args}" ${publicKey(of)}\n`;
  writeFileSync(
    use.platform.factory.authorizedKeys,
    line('--ssh', key) + line('--ssh --apps allowed,other', limitedKey) + line('--ssh --app allowed', misspeltKey),
    { flag: 'a' },
  );
  ownFingerprint = await fingerprintOf(key);
  client = await connectHostile(use.platform.factory, key);
  limited = await connectHostile(use.platform.factory, limitedKey);
});
afterAll(() => {
  client.end();
  limited.end();
  rmSync(folder, { recursive: true });
});

describe("a factory key runs only the runner's own commands", () => {
  const touch = `touch ${canary}`;
  test.each([
    touch,
    `sh -c '${touch}'`,
    `${RUNNER} --version; ${touch}`,
    `${RUNNER} --version\n${touch}`,
    `${RUNNER} --version\r\n${touch}`,
    `${RUNNER} $(${touch})`,
    `${RUNNER} \`${touch}\``,
    `${RUNNER} --version && ${touch}`,
    `${RUNNER} --version | ${touch}`,
    `${RUNNER} --version >${canary}`,
    `${RUNNER} --ssh`,
    `${RUNNER} --apps allowed allowed`,
    `${RUNNER} --no-cache -- allowed`,
    `${RUNNER} -v`,
    `${RUNNER} ../../etc`,
    `${RUNNER} --cancel ../../etc`,
    `${RUNNER} --cancel`,
    `\u202e${RUNNER} \x1b[2J`,
    `NODE_OPTIONS=--require=${canary} ${RUNNER} --version`,
    '',
    `scp -t ${canary}`,
    'internal-sftp',
    '/usr/lib/openssh/sftp-server',
    `git-receive-pack '/srv/git/allowed.git'`,
    `rsync --server . ${canary}`,
  ])('%j is refused, and logged with its key', async (command) => {
    const before = syslog().length;
    const { code, output } = await askFor(client, command);
    expect({ code, output }).toEqual({
      code: 2,
      output: expect.stringMatching(/^(?:doskara-event .*\n)?error: .*\nhint: .*\n$/),
    });
    expect(existsSync(canary)).toBe(false);
    const line = syslog().slice(before);
    expect(line).toContain(` of key ${ownFingerprint} from 127.0.0.1 port `);
    expect(line).toMatch(/^<36>.* doskara: refused "[ -~…]*" of key .*\n$/);
    expect(line.length).toBeLessThan(800);
  });

  test('a command of a hundred thousand letters is refused, and only its start is logged', async () => {
    const before = syslog().length;
    expect((await askFor(client, 'x'.repeat(100_000))).code).toBe(2);
    expect(syslog().slice(before)).toMatch(/refused "x{200}…" of key/);
  });

  test('a NUL ends the connection', async () => {
    const own = await connectHostile(use.platform.factory, key);
    await expect(askFor(own, `${RUNNER} --version\0; ${touch}`)).rejects.toThrow('Unable to exec');
    expect(existsSync(canary)).toBe(false);
  });

  test('a shell is refused and logged', async () => {
    const before = syslog().length;
    expect((await askFor(client, undefined)).code).toBe(2);
    expect(syslog().slice(before)).toContain(`refused "" of key ${ownFingerprint}`);
  });

  test('the sftp subsystem starts the runner, which refuses it', async () => {
    const before = syslog().length;
    expect(await refusalOf((done) => client.sftp(done))).toMatch(/./);
    await expect.poll(() => syslog().slice(before)).toContain(`refused "internal-sftp" of key ${ownFingerprint}`);
  });
});

describe('a key limited to some apps', () => {
  test.each([
    [`${RUNNER} third`],
    [`${RUNNER} --no-cache third`],
    [`${RUNNER} --cancel third`],
    [`${RUNNER} allowed,other`],
    [`${RUNNER} --prune`],
  ])('cannot run %s', async (command) => {
    const before = syslog().length;
    const { code, output } = await askFor(limited, command);
    expect(code).toBe(2);
    expect(output).toMatch(/this key is only for allowed, other|is not an app name/);
    expect(syslog().slice(before)).toContain(`of key ${await fingerprintOf(limitedKey)}`);
  });

  test.each([
    [`${RUNNER} --version`, 0, 'doskara runner'],
    [`${RUNNER} --check`, 0, 'ok: docker CLI'],
    [`${RUNNER} --cancel other`, 0, 'no build of other is running'],
    [`${RUNNER} allowed`, 3, 'no archive received'],
  ])('can run %s', async (command, code, said) => {
    expect(await askFor(limited, command)).toEqual({ code, output: expect.stringContaining(said) });
  });

  test('lets nobody in if its limit is misspelled', async () => {
    const misspelt = await connectHostile(use.platform.factory, misspeltKey);
    const { code, output } = await askFor(misspelt, `${RUNNER} --version`);
    misspelt.end();
    expect(code).toBe(2);
    expect(output).toContain('the forced command of this key is invalid');
  });
});

test('no variable, terminal, agent or display of the client reaches the runner', async () => {
  const agent = file('agent.sock');
  const server = spawn('ssh-agent', ['-D', '-a', agent], { stdio: 'ignore' });
  await expect.poll(() => existsSync(agent)).toBe(true);
  const own = await connectHostile(use.platform.factory, key, agent);
  const env = {
    LD_PRELOAD: canary,
    NODE_OPTIONS: `--require=${canary}`,
    BASH_ENV: canary,
    PATH: folder,
    HOME: folder,
    DOCKER_HOST: 'tcp://127.0.0.1:1',
    DOSKARA_REGISTRY: 'evil.example',
    DOSKARA_DOCKER: `touch ${canary}`,
    DOSKARA_SPOOL: folder,
    LC_EVIL: 'passes, as sshd was told',
  };
  const ask = (options: ExecOptions) => askFor(own, `${RUNNER} --check`, options);
  const { code, output } = await ask({ env });
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(use.platform.shared.registry) });
  const dumped = readFileSync(file('env'), 'utf8');
  expect(dumped).toContain('LC_EVIL=passes, as sshd was told');
  expect(dumped).not.toMatch(/^(?:LD_PRELOAD|NODE_OPTIONS|BASH_ENV)=|evil\.example|127\.0\.0\.1:1$/m);
  await expect(ask({ pty: true })).rejects.toThrow('pseudo-terminal');
  await expect(ask({ x11: true })).rejects.toThrow('X11');
  await expect(ask({ agentForward: true } as ExecOptions)).rejects.toThrow('agent forwarding');
  expect(readFileSync(file('env'), 'utf8')).not.toMatch(/^(?:SSH_AUTH_SOCK|DISPLAY|SSH_TTY)=/m);
  expect(existsSync(canary)).toBe(false);
  own.end();
  server.kill();
  await once(server, 'exit');
});

test('neither ports nor sockets are forwarded, in either direction', async () => {
  let visits = 0;
  const inside = createServer(() => visits++).listen(0, '127.0.0.1');
  await once(inside, 'listening');
  const { port } = inside.address() as { port: number };
  const denied = /denied|prohibited|fail|unable/i;
  const socket = use.platform.shared.env.DOCKER_HOST.replace('unix://', '');
  expect(await refusalOf((done) => client.forwardOut('127.0.0.1', 1, '127.0.0.1', port, done))).toMatch(denied);
  expect(await refusalOf((done) => client.forwardIn('127.0.0.1', 0, done))).toMatch(denied);
  expect(await refusalOf((done) => client.openssh_forwardOutStreamLocal(socket, done))).toMatch(denied);
  expect(await refusalOf((done) => client.openssh_forwardInStreamLocal(file('sock'), done))).toMatch(denied);
  expect(visits).toBe(0);
  inside.close();
  const log = readFileSync(use.platform.factory.log, 'utf8');
  expect(log).toContain(`refused local port forward: originator 127.0.0.1 port 1, target 127.0.0.1 port ${port}`);
  expect(log).toContain(`refused streamlocal port forward: originator  port 0, target ${socket}`);
  expect(log).toContain(`ssh2: ED25519 ${ownFingerprint}`);
});

test('without a logger and without ExposeAuthInfo, a command is still refused', async () => {
  mkdirSync(file('bare'));
  symlinkSync('/usr/bin/readlink', file('bare/readlink'));
  const env = { SSH_ORIGINAL_COMMAND: 'id', SSH_CONNECTION: '10.9.8.7 4711 10.0.0.1 22' };
  const mute = await use.platform.runner(['--ssh'], '', { ...env, PATH: file('bare') });
  expect(mute.exitCode).toBe(2);
  expect(mute.stdout).toMatch(/^error: not a command of the runner\nhint: /);
  const before = syslog().length;
  expect((await use.platform.runner(['--ssh'], '', env)).exitCode).toBe(2);
  expect(syslog().slice(before)).toContain('refused "id" of key (not told) from 10.9.8.7 port 4711: not a command');
});
