/**
 * Every fault at every stage of a push. By default only the most different few run; with FAULT_ROUNDS=5 in the
 * environment all of them do, five times:
 *
 *   FAULT_ROUNDS=5 npx vitest run --config test/vitest.config.ts --root . --project e2e test/e2e/faults.test.ts
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Clone } from '../rig/clone.ts';
import { type Engine, startEngine } from '../rig/engine.ts';
import * as faults from '../rig/faults.ts';
import { Platform } from '../rig/platform.ts';
import { ownProcessesOf, processesOf } from '../rig/proc.ts';
import { asRoot } from '../rig/processes.ts';
import { startPush } from '../rig/pusher.ts';
import { startWarehouse, type Warehouse } from '../rig/warehouse.ts';
import { startWire } from '../rig/wire.ts';

const ALL: faults.Stage[] = ['connect', 'upload', 'build', 'push', 'record'];
const MATRIX: Record<faults.Fault, faults.Stage[]> = {
  hook: ALL,
  runner: ['upload', 'build', 'push', 'record'],
  docker: ['build', 'push'],
  sshd: ALL,
  dockerd: ALL,
  registry: ALL,
  pusher: ALL,
  network: ALL,
};
const FEW: [faults.Fault, faults.Stage][] = [
  ['hook', 'upload'],
  ['runner', 'build'],
  ['docker', 'push'],
  ['sshd', 'record'],
  ['dockerd', 'build'],
  ['registry', 'push'],
  ['pusher', 'connect'],
  ['network', 'push'],
];
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 0);
const EVERY = (Object.keys(MATRIX) as faults.Fault[]).flatMap((fault) =>
  MATRIX[fault].map((stage) => [fault, stage] as const),
);
const TABLE = ROUNDS === 0 ? FEW : Array.from({ length: ROUNDS }, () => EVERY).flat();
const WITHIN = { timeout: 60_000, interval: 100 };

const folder = mkdtempSync(join(tmpdir(), 'doskara-faults-'));
const clones = new Map<faults.Fault, Clone>();
let engine: Engine;
let warehouse: Warehouse;
let platform: Platform;

beforeAll(async () => {
  engine = await startEngine(folder, inject('release'));
  warehouse = await startWarehouse(folder);
  platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-test-')), {
    docker: engine.docker,
    env: engine.env,
    registry: warehouse.registry,
  });
});
afterAll(async () => {
  await platform?.stop();
  await warehouse?.stop();
  await engine?.stop();
  await asRoot('rm', '-rf', folder);
});

test.for(TABLE.map(([fault, stage], i) => ({ fault, stage, i })))(
  'nothing is lost and nothing is left behind after the fault: $fault at $stage',
  { timeout: 240_000 },
  async ({ fault, stage, i }, { skip }) => {
    const clone = clones.get(fault) ?? (await platform.app(`hit-${fault}`));
    clones.set(fault, clone);
    const head = await clone.commit(faults.faultyApp(i, stage));
    await using wire = await startWire(platform.factory.sshPort);
    faults.goThrough(wire, platform);
    const number = faults.nextNumber({ platform, app: clone.app });
    await using pusher = startPush(clone, platform.pusherEnv);
    const target = { platform, engine, warehouse, wire, pusher, app: clone.app, number };

    let hit = false;
    try {
      hit = await faults.strike(fault, stage, target);
      // docker keeps retrying to push a layer for a minute, so the registry comes back here
      if (fault === 'registry' && stage === 'push') await warehouse.restart();
      await expect.poll(() => ownProcessesOf(platform.folder), WITHIN).toEqual([]);
    } finally {
      pusher.send('SIGKILL');
      wire.release();
      if (fault === 'dockerd') await engine.restart();
      if (fault === 'registry') await warehouse.restart();
    }
    await expect.poll(() => processesOf(platform.folder), WITHIN).toEqual([]);
    expect(await faults.heldLocks(target)).toEqual([]);
    // a killed process can't clean up; the next build does
    if (fault !== 'hook') expect(faults.leftOnPort(target)).toEqual([]);
    if (fault !== 'runner') expect(faults.leftOnFactory(target)).toEqual([]);

    // the timer repeats it, too: the engine may still be ending the build that was cut off
    const reconcile = async () => {
      const { exitCode, all } = await platform.doskara('reconcile', clone.app);
      return exitCode === 0 ? '' : all;
    };
    await expect.poll(reconcile, { timeout: 120_000, interval: 1000 }).toBe('');
    expect(await platform.latestRevision(clone.app)).toBe(head);
    expect(faults.leftOnPort(target)).toEqual([]);
    expect(faults.leftOnFactory(target)).toEqual([]);
    expect(await faults.heldLocks(target)).toEqual([]);
    const records = faults.recordsOf(target, head);
    expect(records.at(-1)).toMatchObject({ outcome: 'built', error: null });
    for (const record of records.slice(0, -1)) expect(record).toMatchObject(explained(fault));
    skip(!hit, 'it had ended by itself before it was hit');
  },
);

/** A killed hook leaves `running` in its record, with the pid of a process that no longer exists. */
function explained(fault: faults.Fault) {
  return fault === 'hook' ? { outcome: 'running' } : { outcome: 'lost', error: expect.stringMatching(/\w/) };
}
