import { existsSync, fstatSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { connectWithRetries } from '../../../src/builds/connect-with-retries.ts';
import { endStartTurn, keepStartTurn } from '../../../src/builds/start-turn.ts';
import { Trouble } from '../../../src/errors.ts';
import { EXIT } from '../../../src/exit-codes.ts';
import { tryLock } from '../../../src/lock.ts';
import type { Relay } from '../../../src/port/relay.ts';
import { leftToNode, makeHookBySh, NEW, OLD } from './hook-by-sh.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-take-turn-'));
const home = join(folder, 'home');
const hook = makeHookBySh(join(folder, 'hook'));
mkdirSync(home);
afterAll(() => rmSync(folder, { recursive: true }));

async function run(program: string, HOME = home) {
  return (await execa(program, { cwd: folder, env: { HOME }, input: PUSH })).stdout;
}

const PUSH = `${OLD} ${NEW} refs/heads/main\n`;
const LATER = '-----> Waiting: other pushes are ahead of this one\n';
const lockFolder = () => join(home, '.cache/doskara');

async function holdAll() {
  mkdirSync(lockFolder(), { recursive: true });
  const names: string[] = [];
  for (let i = 0; i < 2 * cpus().length; i++) names.push(`starting.${i}`, `starting-next.${i}`);
  const locks = await Promise.all(names.map((name) => tryLock(join(lockFolder(), name))));
  expect(locks).not.toContain(undefined);
  return locks;
}

test('hooks that start hold a lock each, which is handed to node', async () => {
  const node = `#!/bin/sh
[ -z "$DOSKARA_STARTING" ] || flock --nonblock "$(readlink "/proc/self/fd/$DOSKARA_STARTING")" true || echo is locked
`;
  const isLocked = makeHookBySh(join(folder, 'is-locked'), node);
  expect(await run(isLocked)).toBe('is locked');
  expect(await run(isLocked, '/nonexistent')).toBe('');
});

test('others wait for one, say so, and start when it is free', async () => {
  const locks = await holdAll();
  let shown = '';
  const waiting = execa(hook, { cwd: folder, env: { HOME: home }, input: PUSH });
  waiting.stdout.on('data', (chunk) => (shown += chunk));
  await expect.poll(() => shown, { timeout: 30_000 }).toBe(LATER);
  for (const lock of locks) await lock?.[Symbol.asyncDispose]();
  expect((await waiting).stdout).toBe(`${LATER}${leftToNode(PUSH)}`);
});

test('they start even if nobody reads that they wait', async () => {
  const locks = await holdAll();
  const started = join(home, 'started');
  rmSync(started, { force: true });
  const waiting = execa(hook, { cwd: folder, env: { HOME: home }, input: PUSH, reject: false });
  waiting.stdout.destroy();
  await sleep(2500); // it says so after two seconds
  for (const lock of locks) await lock?.[Symbol.asyncDispose]();
  await expect.poll(() => existsSync(started), { timeout: 30_000 }).toBe(true);
  await waiting;
});

test('they start all the same where there is no place for locks', async () => {
  rmSync(lockFolder(), { recursive: true, force: true });
  writeFileSync(lockFolder(), '');
  expect(await run(hook)).toBe(leftToNode(PUSH));
  rmSync(lockFolder());
});

test('a hook ends its turn once, and hides it from what it starts', () => {
  const file = openSync(join(folder, 'turn'), 'a');
  const env: NodeJS.ProcessEnv = { DOSKARA_STARTING: String(file) };
  keepStartTurn(env);
  expect(env).toEqual({});
  expect(fstatSync(file).isFile()).toBe(true);
  endStartTurn();
  expect(() => fstatSync(file)).toThrow('EBADF');
  endStartTurn();
  keepStartTurn({ DOSKARA_STARTING: '' });
  endStartTurn();
});

test('a hook ends its turn before it waits for a factory that cannot be reached', async () => {
  const file = openSync(join(folder, 'turn'), 'a');
  keepStartTurn({ DOSKARA_STARTING: String(file) });
  const abort = new AbortController();
  const line = (text: string) => {
    expect(text).toMatch(/^warning: /);
    expect(() => fstatSync(file)).toThrow('EBADF');
    abort.abort(new Error('has waited'));
  };
  const connect = () => Promise.reject(new Trouble('ssh-connect', EXIT.factory, 'nothing answers'));
  await expect(connectWithRetries(connect, { line } as unknown as Relay, abort.signal)).rejects.toThrow('has waited');
});
