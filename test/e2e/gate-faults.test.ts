/**
 * What can interrupt a gated build while its image is pushed to the warehouse, at a random moment. By default three
 * are tried once, since gate-stray has the others at a moment of its own; FAULT_ROUNDS=34 in the environment makes it
 * two hundred in a row, of all six:
 *
 *   FAULT_ROUNDS=34 npx vitest run --config test/vitest.config.ts --root . --project e2e test/e2e/gate-faults.test.ts
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import * as faults from '../rig/faults.ts';
import { gatedApp, gitOnPort, headOf } from '../rig/gate.ts';
import { usePlatform } from '../rig/platform-test.ts';
import { ownProcessesOf, processesOf } from '../rig/proc.ts';
import { startPush } from '../rig/pusher.ts';
import { startWire } from '../rig/wire.ts';

const use = usePlatform();
const WITHIN = { timeout: 90_000, interval: 50 };

/** Seconds. */
const TIMEOUT = 8;
const FAULTS: Record<string, (target: faults.Target) => Promise<unknown>> = {
  'Ctrl-C': async ({ pusher }) => pusher.send('SIGINT'),
  'a kill of the gate': faults.FAULTS.hook,
  'a kill of the runner': faults.FAULTS.runner,
  'doskara cancel': ({ platform, app }) => platform.doskara('cancel', app),
  'its timeout': async () => {},
  'a network that goes silent': faults.FAULTS.network,
};
/** After these faults nothing can repair the image at once. */
const HELPLESS = ['a kill of the gate', 'a network that goes silent'];

const FEW = ['Ctrl-C', 'a kill of the runner', 'a network that goes silent'];
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 0);
const TRIED = ROUNDS === 0 ? FEW : Object.keys(FAULTS);
const TABLE = Array.from({ length: Math.max(1, ROUNDS) }, (_, round) =>
  TRIED.map((fault) => ({ fault, round })),
).flat();

const clones = new Map<string, Clone>();
/** Seconds of a build before its image is pushed, without the sleep in build.sh. */
let overhead = 2;

// before port's connection goes through a wire
beforeAll(async () => {
  for (const fault of TRIED) {
    const clone = await gatedApp(use.platform, `gated-${clones.size}`);
    clones.set(fault, clone);
    expect((await clone.push()).exitCode).toBe(0);
    if (fault === 'its timeout') await gitOnPort(use.platform, clone.app, 'config', 'doskara.timeout', `${TIMEOUT}s`);
  }
});

test.for(TABLE)(
  'docker and git agree after $fault while a gated image is pushed ($round)',
  { timeout: 300_000 },
  async ({ fault, round }) => {
    const { platform } = use;
    const clone = clones.get(fault) ?? expect.fail();
    const { app } = clone;
    const before = await headOf(platform, app);
    const seconds = fault === 'its timeout' ? Math.max(0, TIMEOUT - overhead - Math.random()) : 0;
    const commit = await clone.commit({
      'build.sh': `echo ${round}; sleep ${seconds.toFixed(2)}\n`,
      blob: randomBytes(4 * 1024 * 1024),
    });
    let number = 1;
    while (platform.hasRecord(app, number)) number++;
    await using wire = await startWire(platform.factory.sshPort);
    faults.goThrough(wire, platform);
    await using pusher = startPush(clone, platform.pusherEnv);
    await breakOff(fault, { platform, wire, pusher, app, number }, seconds);
    await expect.poll(() => ownProcessesOf(platform.folder), WITHIN).toEqual([]);
    pusher.send('SIGKILL');
    wire.release();
    await expect.poll(() => processesOf(platform.folder), WITHIN).toEqual([]);

    const head = await headOf(platform, app);
    expect([before, commit]).toContain(head);
    if (!HELPLESS.includes(fault)) expect(await platform.latestRevision(app)).toBe(head);
    expect(await platform.doskara('reconcile', app)).toMatchObject({ exitCode: 0 });
    expect(await headOf(platform, app)).toBe(head);
    expect(await platform.latestRevision(app)).toBe(head);
    expect(await headOf(platform, app, 'refs/built/main')).toBe(head);
    expect(await platform.doskara('reconcile', app)).toMatchObject({ exitCode: 0, all: '' });
    const { outcome, error } = platform.record(app, number);
    process.stderr.write(`${fault}: ${head === commit ? 'taken' : 'rejected'}, ${outcome}, ${error}\n`);
    if (head === commit) await clone.git('fetch', '--quiet', 'doskara');
    else await clone.git('reset', '--quiet', '--hard', before);
  },
);

/** Strikes at a random moment after the push to the warehouse has begun. */
async function breakOff(fault: string, target: Omit<faults.Target, 'engine' | 'warehouse'>, seconds: number) {
  const { platform, app, number, pusher } = target;
  const log = join(platform.repository(app), `doskara/builds/${number}.log`);
  const isOver = () => platform.hasRecord(app, number) && platform.record(app, number)['outcome'] !== 'running';
  const isPushing = () => existsSync(log) && platform.log(app, number).includes('-----> Pushing to');
  while (!isPushing() && !isOver()) await sleep(5);
  const { started } = platform.record(app, number);
  if (fault === 'its timeout' && isPushing()) overhead = (Date.now() - Date.parse(String(started))) / 1000 - seconds;
  await sleep(Math.random() * 400);
  await FAULTS[fault]?.(target as faults.Target).catch(() => {}); // the target has just exited by itself
  if (fault === 'its timeout') await pusher.ended;
}
