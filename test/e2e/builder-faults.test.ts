/**
 * Faults of builders, at every stage of a push. By default two strike once each; with FAULT_ROUNDS=5 in the environment,
 * all of them do, five times:
 *
 *   FAULT_ROUNDS=5 npx vitest run --config test/vitest.config.ts --root . --project e2e test/e2e/builder-faults.test.ts
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { useBuilders } from '../rig/builders-test.ts';
import type { Clone } from '../rig/clone.ts';
import { heldLocks, leftOnFactory, leftOnPort, nextNumber, recordsOf } from '../rig/faults.ts';
import { type Go, makeGo } from '../rig/go.ts';
import { ownProcessesOf } from '../rig/proc.ts';

const use = useBuilders();
const clones = new Map<string, Clone>();

/** Each fault, how it strikes, and how it ends. */
const FAULTS = {
  'south is killed': { strike: () => use.engine.kill(), end: () => use.engine.restart() },
  // when it goes on, it does not know that nobody waits for it any more, and ends what it had begun
  'south hangs': {
    async strike() {
      use.south.silence();
      await use.engine.send('STOP');
    },
    async end() {
      await use.engine.send('CONT');
      await expect.poll(runningOnSouth, WITHIN).toBe('');
      await use.south.mend();
    },
  },
  'the network to south is cut': { strike: async () => use.south.silence(), end: async () => use.south.mend() },
  'all builders are away': {
    async strike() {
      await use.north.cut();
      await use.south.cut();
    },
    async end() {
      await use.north.mend();
      await use.south.mend();
    },
  },
};

type Fault = keyof typeof FAULTS;
type Stage = 'before it is asked' | 'while it builds' | 'while it pushes';

const ALL: Stage[] = ['before it is asked', 'while it builds', 'while it pushes'];
const FEW: [Fault, Stage][] = [
  ['south is killed', 'while it pushes'],
  ['all builders are away', 'before it is asked'],
];
const EVERY = (Object.keys(FAULTS) as Fault[]).flatMap((fault) => ALL.map((stage) => [fault, stage] as const));
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 0);
const TABLE = ROUNDS === 0 ? FEW : Array.from({ length: ROUNDS }, () => EVERY).flat();
const WITHIN = { timeout: 110_000, interval: 100 };

test.for(TABLE.map(([fault, stage], i) => ({ fault, stage, i })))(
  'no push is lost, none overtakes a later one, and both pushers are told: $fault $stage',
  { timeout: 300_000 },
  async ({ fault, stage, i }, { skip }) => {
    const clone = clones.get(fault + stage) ?? (await use.platform.app(use.nameAt('south', `hit-${clones.size}`)));
    clones.set(fault + stage, clone);
    const target = { platform: use.platform, app: clone.app };
    using go = await makeGo(use.platform);
    const earlier = await clone.commit({ ...files(i, go), blob: randomBytes(1024 ** 2) });
    const first = await strike({ fault, stage, i }, clone, go);
    const later = await clone.commit({ ...files(i, go), 'later.txt': '' });
    const second = await clone.push();
    await FAULTS[fault].end();
    await expect.poll(runningOnSouth, WITHIN).toBe('');

    const isLost = (record: Record<string, unknown> | undefined) => record?.['outcome'] === 'lost';
    const [firstRecords, secondRecords] = [earlier, later].map((commit) => recordsOf(target, commit));
    const nowhere = fault === 'all builders are away';
    expect(firstRecords).toHaveLength(1);
    expect(isLost(firstRecords?.[0])).toBe(nowhere);
    expect(isLost(secondRecords?.[0])).toBe(nowhere);
    const hit = nowhere || !first.includes('\nsuccess: ') || first.includes('\nwarning: ');
    if (hit) expect(first).toMatch(told(fault, stage));
    expect(second.text).toMatch(nowhere ? NOWHERE : PASSED_OVER);

    const { exitCode, all } = await use.platform.doskara('reconcile', clone.app);
    expect([exitCode, exitCode === 0 ? '' : all]).toEqual([0, '']);
    expect(await use.platform.latestRevision(clone.app)).toBe(later);
    expect(recordsOf(target, later).at(-1)).toMatchObject({ outcome: 'built', error: null });
    await expect.poll(() => ownProcessesOf(use.platform.folder), WITHIN).toEqual([]);
    expect([await heldLocks(target), leftOnPort(target), leftOnFactory(target)]).toEqual([[], [], []]);
    skip(!hit, 'it had ended by itself before it was hit');
  },
);

function told(fault: Fault, stage: Stage): RegExp {
  if (stage === 'before it is asked') return fault === 'all builders are away' ? NOWHERE : PASSED_OVER;
  return fault === 'all builders are away' ? LOST_ALL : LOST;
}

const NOWHERE = /^error: .*the factory cannot build: no builder answers/m;
const PASSED_OVER = /^warning: builder south does not answer; building on north$/m;
const LOST = /^warning: builder south was lost: .+; building again on north$/m;
const LOST_ALL = /^error: .*builder south was lost: /m;

/** Long after a fault, too. */
test('each app has the image of its last push', async () => {
  for (const clone of clones.values())
    expect(await use.platform.latestRevision(clone.app)).toBe((await clone.git('rev-parse', 'HEAD')).stdout);
});

/** Pushes, and strikes at the stage. Resolves with what the pusher saw. */
async function strike({ fault, stage, i }: { fault: Fault; stage: Stage; i: number }, clone: Clone, go: Go) {
  const { strike } = FAULTS[fault];
  const number = nextNumber({ platform: use.platform, app: clone.app });
  const log = () => (use.platform.hasRecord(clone.app, number) ? use.platform.log(clone.app, number) : '');
  if (stage === 'before it is asked') {
    await strike();
    go.give();
    return (await clone.push()).text;
  }
  const push = clone.push();
  await expect.poll(log, WITHIN).toContain('       begun');
  expect(log()).not.toContain('warning: ');
  if (stage === 'while it pushes') {
    await use.warehouse.send('STOP');
    go.give();
    await expect.poll(log, WITHIN).toContain('-----> Pushing to');
    // before the first answer of the warehouse, or in the middle of the bytes
    if (i % 2 === 1) await use.warehouse.send('CONT');
    await sleep(Math.random() * 100);
  }
  await strike();
  if (stage === 'while it pushes') await use.warehouse.send('CONT');
  await expect.poll(log, WITHIN).toMatch(/ (?:warning: builder south was lost|error|success): /);
  go.give();
  return (await push).text;
}

/** An app that differs from one `n` to the next. */
const files = (n: number, go: Go) => ({
  'build.sh': `echo begun ${n}\n${go.wait}\n`,
  'run.sh': 'true\n',
});

/** The builds that go on there. */
async function runningOnSouth(): Promise<string> {
  const { stdout } = await execa(use.engine.docker, ['buildx', 'history', 'ls', '--format', '{{.Status}}'], {
    env: use.engine.env,
  });
  return stdout.replaceAll(/^(?:Completed|Error|Canceled).*\n?/gm, '');
}
