import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { becomeOwner } from '../owner.ts';
import { findRepository } from '../port/apps.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import * as words from '../port/words.ts';
import { isAlive } from '../process.ts';
import { terminalOf } from './on-terminal.ts';

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
  const { state, settings } = await openRepository(folder);
  const records = new Records(state);
  const number = build === undefined ? (await records.numbers()).at(-1) : Number(build);
  if (number === undefined || !existsSync(records.logFile(number))) throw noSuchBuild(settings.app, build);
  const terminal = await terminalOf(settings.color);
  let read = 0;
  let last = '';
  for (;;) {
    const record = await records.read(number);
    const alive = await isAlive(record);
    read = await show(records.logFile(number), read, (line) => {
      last = line.replace(/^\S+ /, '');
      terminal.show({ text: options.timestamps ? line : last, end: '\n' });
    });
    if (!options.follow) return EXIT.built;
    // something may follow the build itself (doskara.afterBuild); the verdict comes last
    if (record.outcome !== 'running' && (!alive || last === words.verdict(record))) {
      await terminal.drain();
      return record.exitCode ?? EXIT.factory;
    }
    await sleep(200);
  }
}

/** Shows the whole lines from a byte on; returns where they end. */
async function show(file: string, start: number, onLine: (line: string) => void): Promise<number> {
  const { size } = await stat(file);
  if (size <= start) return start;
  for await (const line of createInterface({ input: createReadStream(file, { start, end: size - 1 }) })) onLine(line);
  return size;
}

function noSuchBuild(app: string, build: string | undefined): Trouble {
  return new Trouble(
    'no-build',
    EXIT.usage,
    build === undefined ? `${app} has no builds yet` : `${app} has no build ${build}`,
    {
      hint: `doskara builds ${app}`,
    },
  );
}
