import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Engine } from './engine.ts';
import type { Platform } from './platform.ts';
import { childrenOf, descendantsOf, type Process } from './proc.ts';
import { asRoot } from './processes.ts';
import type { Pusher } from './pusher.ts';
import type { Warehouse } from './warehouse.ts';
import type { Wire } from './wire.ts';

/** A running push, and every part of it that a fault can hit. */
export interface Target {
  platform: Platform;
  engine: Engine;
  warehouse: Warehouse;
  /** The connection between port and factory. */
  wire: Wire;
  pusher: Pusher;
  app: string;
  /** The number of the build that the push started. */
  number: number;
}

type TargetApp = Pick<Target, 'platform' | 'app'>;

/** Each fault, and how it strikes. */
export const FAULTS = {
  hook: (target: Target) => kill(async () => Number(target.platform.record(target.app, target.number)['pid'])),
  runner: (target: Target) => kill(async () => runnerOf(target)),
  docker: (target: Target) => kill(async () => dockerOf(target)),
  sshd: (target: Target) => kill(async () => sessionOf(target)),
  dockerd: ({ engine }: Target) => engine.kill(),
  registry: ({ warehouse }: Target) => warehouse.kill(),
  pusher: async ({ pusher }: Target) => pusher.send('SIGSTOP'),
  network: async ({ wire }: Target) => wire.cut(),
};

/** The stage of the push at which a fault strikes, and how to tell that it is reached. */
export const STAGES: Record<'connect' | 'upload' | 'build' | 'push' | 'record', (target: Target) => boolean> = {
  connect: ({ platform }) => descendantsOf(platform.factory.pid).some(isSession),
  upload: (target) => target.wire.sent() > UPLOAD / 4 && runnerOf(target) !== undefined,
  build: (target) => logOf(target).includes('       building'),
  push: (target) => logOf(target).includes('-----> Pushing to'),
  record: (target) => logOf(target).includes('-----> Image size: '),
};

export type Fault = keyof typeof FAULTS;
export type Stage = keyof typeof STAGES;

/** Bytes that gzip can't compress. */
const UPLOAD = 12 * 1024 * 1024;

/** An app that differs from one `n` to the next, and is large where the fault is to strike in the middle of its bytes. */
export const faultyApp = (n: number, stage: Stage) => ({
  'build.sh': `echo building ${n}; sleep 2; echo done\n`,
  'run.sh': 'true\n',
  blob: randomBytes(stage === 'upload' || stage === 'push' ? UPLOAD : 1),
});

/**
 * Waits for the stage, then strikes. Holds the wire during stages that would be over too soon. Returns false if the
 * target had already exited by itself: a runner soon exits once its image is pushed.
 */
export async function strike(fault: Fault, stage: Stage, target: Target): Promise<boolean> {
  if (stage === 'connect') target.wire.hold();
  await until(async () => STAGES[stage](target) || undefined, 30_000);
  if (stage === 'upload' || stage === 'record') target.wire.hold();
  if (stage === 'build' || stage === 'push') await sleep(Math.random() * 150);
  const hit = await FAULTS[fault](target).then(
    () => true,
    (error: unknown) => {
      if (stage === 'record') return false;
      throw error;
    },
  );
  if (fault !== 'network') target.wire.release();
  return hit;
}

/** From now on port reaches the factory through a wire, and soon notices if it is cut. */
export function goThrough(wire: Wire, platform: Platform): void {
  const file = join(platform.portHome, 'ssh_config');
  const config = readFileSync(file, 'utf8').replace(/^ {2}(?:HostKeyAlias|ConnectTimeout|ServerAlive).*\n/gm, '');
  writeFileSync(
    file,
    `${config.replace(/Port \d+/, `Port ${wire.tcpPort}`)}  HostKeyAlias [127.0.0.1]:${platform.factory.sshPort}
  ConnectTimeout 5
  ServerAliveInterval 3
`,
  );
}

/** The locks of an app that are held. */
export async function heldLocks({ platform, app }: TargetApp): Promise<string[]> {
  const places = [join(platform.repository(app), 'doskara/lock'), join(platform.folder, 'spool/locks', app)];
  const files = places.filter((file) => existsSync(file)); // a push may be hit before it reaches the factory
  const taken = await Promise.all(
    files.map((file) => execa('flock', ['--nonblock', file, 'true'], { reject: false }).then(({ failed }) => failed)),
  );
  return files.filter((_, i) => taken[i]);
}

/** Files on port other than records and logs. */
export function leftOnPort({ platform, app }: TargetApp): string[] {
  return readdirSync(join(platform.repository(app), 'doskara/builds')).filter((n) => !/^\d+\.(?:json|log)$/.test(n));
}

export function leftOnFactory({ platform }: Pick<Target, 'platform'>): string[] {
  return ['builds', 'contexts'].flatMap((folder) => {
    try {
      return readdirSync(join(platform.folder, 'spool', folder));
    } catch {
      return []; // there has been no build yet
    }
  });
}

/** Of the next build. */
export function nextNumber({ platform, app }: TargetApp): number {
  let number = 1;
  while (platform.hasRecord(app, number)) number++;
  return number;
}

/** The records of a commit, oldest first. */
export function recordsOf({ platform, app }: TargetApp, commit: string): Record<string, unknown>[] {
  return readdirSync(join(platform.repository(app), 'doskara/builds'))
    .flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map((number) => platform.record(app, Number(number)))
    .filter((record) => record['commit'] === commit)
    .sort((a, b) => Number(a['number']) - Number(b['number']));
}

async function kill(find: () => Promise<number | undefined>): Promise<void> {
  await asRoot('kill', '-KILL', String(await until(find, 2000)));
}

async function until<T>(find: () => Promise<T | undefined>, milliseconds: number): Promise<T> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(5)) {
    const found = await find();
    if (found !== undefined) return found;
  }
  throw new Error('the push did not reach the stage at which to strike');
}

function runnerOf({ platform, app }: Target): number | undefined {
  const builds = leftOnFactory({ platform }).flatMap((name) => /^(.*)@(\d+)-/.exec(name)?.slice(1, 3) ?? []);
  return builds[0] === app ? Number(builds[1]) : undefined;
}

function dockerOf(target: Target): number | undefined {
  const runner = runnerOf(target);
  return runner && childrenOf(runner).find(({ command }) => /docker(?:-buildx)? (?:build|push) /.test(command))?.pid;
}

function sessionOf(target: Target): number | undefined {
  const runner = runnerOf(target);
  const sessions = descendantsOf(target.platform.factory.pid).filter(isSession);
  if (runner === undefined) return sessions.at(-1)?.pid;
  return sessions.findLast(({ pid }) => childrenOf(pid).some((child) => child.pid === runner))?.pid;
}

/** The listener has another name. From 9.8 on, sessions are programs of their own: sshd-session. */
function isSession({ command }: Process): boolean {
  return /^sshd(?:-session)?: (?!.*listener)|sshd(?:-session)? .* -R$/.test(command);
}

/** A record exists shortly before its log. */
function logOf({ platform, app, number }: Target): string {
  const file = join(platform.repository(app), `doskara/builds/${number}.log`);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
