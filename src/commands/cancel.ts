import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildRecord } from '../port/build-record.ts';
import * as messages from '../port/messages/build.ts';
import { nothingRuns } from '../port/messages/commands.ts';
import { Records, recordsOf } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { isAlive } from '../proc-stat.ts';
import { APP } from './arguments.ts';
import { type BranchOptions, branchOption, openAsked } from './branch-option.ts';
import type { SharedCommand } from './spec.ts';
import { print } from './stdout.ts';

export const cancel: SharedCommand = {
  name: 'cancel',
  summary: 'cancel the running and waiting builds of an app',
  who: 'both',
  arguments: [APP],
  options: [branchOption('only the builds of this branch (default: all of the app)')],
  async run([app]: [string], { branch }: BranchOptions, { openApp }) {
    const { folder, who } = await openApp(app);
    await cancelBuilds(folder, who, branch);
  },
};

/** How long a build may take to stop the factory before its process is killed. */
const KILL_AFTER_MS = 20_000;

/** `who`: whom the records name as the canceller. */
async function cancelBuilds(folder: string, who: string, branch: string | undefined): Promise<void> {
  const repository = await openRepository(folder);
  const { state, settings } = repository;
  const records = branch === undefined ? new Records(state) : recordsOf(await openAsked(repository, branch));
  const running = (await records.latest()).filter(({ outcome }) => outcome === 'running');
  if (running.length === 0) throw nothingRuns(settings.app);
  for (const { number, pid } of running) {
    await records.noteCanceller(number, who).catch(() => {}); // a full disk must not keep the build alive
    process.kill(pid, 'SIGTERM');
  }
  for (const record of running) print(messages.verdict(await waitForEnd(record, records)));
}

async function waitForEnd(record: BuildRecord, records: Records): Promise<BuildRecord> {
  const end = Date.now() + KILL_AFTER_MS;
  for (;;) {
    const now = await records.read(record.number);
    if (now.outcome !== 'running') return now.finished === null ? noteEnd(now, records) : now;
    if (Date.now() > end && (await isAlive(record))) process.kill(record.pid, 'SIGKILL');
    await sleep(50);
  }
}

/** For a build that was killed before it could record its end. */
async function noteEnd(record: BuildRecord, records: Records): Promise<BuildRecord> {
  const ended = { ...record, finished: new Date().toISOString() };
  await records.save(ended);
  return ended;
}
