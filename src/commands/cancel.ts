import { setTimeout as sleep } from 'node:timers/promises';
import { becomeOwner } from '../drop-privileges.ts';
import { findRepository } from '../port/apps.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { nothingRuns } from '../port/messages/commands.ts';
import * as messages from '../port/messages.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { isAlive } from '../proc-stat.ts';
import type { Installed } from './installed-paths.ts';

/** Milliseconds that a build gets to stop the factory before its process is killed. */
const GRACE = 20_000;

/** `doskara cancel <app>`: ends what runs or waits for an app, on port and on the factory, and waits until it has ended. */
export async function cancel(word: string, { print }: Installed): Promise<void> {
  const folder = await findRepository(word);
  const who = await becomeOwner([folder]);
  await cancelBuilds(folder, who, print);
}

/** `who` is named in the records as the one who ended the builds. */
export async function cancelBuilds(folder: string, who: string, print: Installed['print']): Promise<void> {
  const { state, settings } = await openRepository(folder);
  const records = new Records(state);
  const running = (await records.latest()).filter(({ outcome }) => outcome === 'running');
  if (running.length === 0) throw nothingRuns(settings.app);
  for (const { number, pid } of running) {
    await records.noteCanceller(number, who).catch(() => {}); // it ends all the same, on a full disk too
    process.kill(pid, 'SIGTERM');
  }
  for (const record of running) print(messages.verdict(await waitForEnd(record, records)));
}

async function waitForEnd(record: BuildRecord, records: Records): Promise<BuildRecord> {
  const end = Date.now() + GRACE;
  for (;;) {
    const now = await records.read(record.number);
    if (now.outcome !== 'running') return now.finished === null ? noteEnd(now, records) : now;
    if (Date.now() > end && (await isAlive(record))) process.kill(record.pid, 'SIGKILL');
    await sleep(50);
  }
}

/** For a build that could not say itself how it ended. */
async function noteEnd(record: BuildRecord, records: Records): Promise<BuildRecord> {
  const ended = { ...record, finished: new Date().toISOString() };
  await records.save(ended);
  return ended;
}
