import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Platform, type Shared } from '../rig/platform.ts';
import { endedChildrenCpuSeconds } from '../rig/proc.ts';
import { SMALL } from './apps.ts';
import type { CaseResult } from './cases.ts';
import { type Spread, seconds, spread } from './measure.ts';

const COMMANDS = [['hook', 'install', '--all'], ['hook', 'status', '--all'], ['list'], ['reconcile']];

/** A thousand repositories: one that was built and 999 copies of it, at first without the hook. */
export async function runMany(shared: Shared, pairs: number): Promise<CaseResult> {
  process.stderr.write('1,000 repositories\n');
  const platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-bench-')), shared);
  try {
    const clone = await platform.app('app-0', SMALL);
    await clone.push();
    await platform.doskara('hook', 'remove', 'app-0');
    for (let i = 1; i < 1000; i++)
      cpSync(platform.repository('app-0'), platform.repository(`app-${i}`), {
        recursive: true,
        verbatimSymlinks: true,
      });
    const times: Record<string, Spread> = {
      'hook install --all, the first time': await time(platform, 1, COMMANDS[0]),
    };
    for (const command of COMMANDS) times[command.join(' ')] = await time(platform, pairs, command);
    return {
      name: '1,000 repositories (goal: 3 s each)',
      goal: { forky: undefined, system: undefined },
      times,
      ratio: undefined,
    };
  } finally {
    await platform.stop();
  }
}

const BATCHES = 5;
const PUSHES = 10;

/** What a push takes of port's CPU: sshd's login, git, and the hook, with all that they start. */
export async function runPortCpu(shared: Shared): Promise<CaseResult> {
  process.stderr.write("port's CPU\n");
  const platform = await Platform.start(mkdtempSync(join(tmpdir(), 'doskara-bench-')), shared);
  try {
    const clone = await platform.app('cpu', SMALL);
    await clone.push();
    const taken = [];
    for (let batch = 0; batch < BATCHES; batch++) {
      const before = await endedChildrenCpuSeconds(platform.port.pid);
      for (let push = 0; push < PUSHES; push++) {
        const commit = await clone.commit({ 'version.txt': `${batch} ${push}\n` });
        await clone.push();
        if ((await platform.latestRevision('cpu')) !== commit) throw new Error(`${commit} was not built`);
      }
      taken.push(((await endedChildrenCpuSeconds(platform.port.pid)) - before) / PUSHES);
    }
    return {
      name: 'CPU of port for one push, small app',
      goal: { forky: undefined, system: undefined },
      times: { doskara: spread(taken) },
      ratio: undefined,
    };
  } finally {
    await platform.stop();
  }
}

async function time(platform: Platform, runs: number, command: string[] = []): Promise<Spread> {
  const taken = [];
  for (let run = 0; run < runs; run++)
    taken.push(
      await seconds(async () => {
        const { exitCode, all } = await platform.doskara(...command);
        if (exitCode !== 0) throw new Error(all);
      }),
    );
  return spread(taken);
}
