import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { becomeOwner } from '../drop-privileges.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRepository } from '../port/apps.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { noBuild } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { isAlive } from '../proc-stat.ts';
import { colorsOf, readerLeft } from './stdout.ts';

export interface LogOptions {
  follow?: boolean;
  timestamps?: boolean;
}

/**
 * `doskara logs <app> [<build>] [-f]`: what a build said, the last one's if none is named. With -f it ends when the
 * build does, with its exit code.
 */
export async function logs(word: string, build: string | undefined, options: LogOptions): Promise<ExitCode> {
  const folder = await findRepository(word);
  await becomeOwner([folder]);
  return showLog(folder, build, options, readerLeft());
}

/** How many builds are looked through for the last one whose record is good. */
const RECENT = 20;

/** `left` ends the looking, and nothing else. */
export async function showLog(
  folder: string,
  build: string | undefined,
  options: LogOptions,
  left: AbortSignal,
): Promise<ExitCode> {
  const { state, settings } = await openRepository(folder);
  const records = new Records(state);
  const number = build === undefined ? (await records.latest(RECENT)).at(0)?.number : Number(build);
  if (number === undefined || !existsSync(records.logFile(number))) throw noBuild(settings.app, build);
  const format = await colorsOf(settings.color);
  let read = 0;
  while (!left.aborted) {
    const record = await records.read(number);
    const over = record.outcome !== 'running' && (record.logComplete || !(await isWritten(record)));
    read = await show(records.logFile(number), read, async (line) => {
      const text = `${format(options.timestamps ? line : line.replace(/^\S+ /, ''))}\n`;
      if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal: left }).catch(() => {});
    });
    if (!options.follow) return EXIT.built;
    if (over) return record.exitCode ?? EXIT.factory;
    await sleep(200);
  }
  return EXIT.cancelled;
}

/** Whether somebody may still write the log: behind the gate git goes on with it, and its next hook. */
async function isWritten(record: BuildRecord): Promise<boolean> {
  return (await isAlive(record)) || (record.gate !== null && (await isAlive(record.gate)));
}

/**
 * Shows the whole lines from a byte on; returns where they end. Unlike a build, looking can wait: a slow reader misses
 * nothing.
 */
async function show(file: string, start: number, onLine: (line: string) => Promise<void>): Promise<number> {
  const { size } = await stat(file);
  if (size <= start) return start;
  for await (const line of createInterface({ input: createReadStream(file, { start, end: size - 1 }) }))
    await onLine(line);
  return size;
}
