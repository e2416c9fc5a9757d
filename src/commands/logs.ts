import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodeOf, isOver } from '../builds/outcome.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { stillRunning } from '../port/messages/build.ts';
import { noBuild } from '../port/messages/commands.ts';
import { indented } from '../port/messages/text.ts';
import { Records, recordsOf } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { watchSilence } from '../port/silence.ts';
import { APP } from './arguments.ts';
import { type BranchOptions, branchOption, openAsked } from './branch-option.ts';
import type { SharedCommand } from './spec.ts';
import { colorsOf } from './stdout.ts';

interface LogOptions extends BranchOptions {
  follow?: boolean;
  timestamps?: boolean;
}

export const logs: SharedCommand = {
  name: 'logs',
  summary: "show a build's log",
  who: 'both',
  lasts: true,
  arguments: [
    APP,
    {
      name: 'build',
      meaning: 'its number (default: the last build)',
      optional: true,
      completes: 'builds',
      grammar: { fits: (text) => /^[1-9]\d{0,8}$/.test(text), wanted: "a build's number" },
    },
  ],
  options: [
    { flags: '-f, --follow', meaning: "follow the log until the build ends; exit with the build's exit code" },
    { flags: '-t, --timestamps', meaning: 'show the time of each line' },
    branchOption('the last build of this branch (default: of the app)'),
  ],
  async run([app, build]: [string, string?], options: LogOptions, { openApp, readerGone }) {
    return showLog((await openApp(app)).folder, build, options, readerGone());
  },
};

/** How many builds are searched for the last one with a readable record. */
const RECENT_BUILDS = 20;
const POLL_INTERVAL_MS = 200;

/** `readerGone` stops showing the log, never the build. */
async function showLog(
  folder: string,
  build: string | undefined,
  options: LogOptions,
  readerGone: AbortSignal,
): Promise<ExitCode> {
  const repository = await openRepository(folder);
  const { settings, state } = repository;
  const { branch } = options;
  const records = branch === undefined ? new Records(state) : recordsOf(await openAsked(repository, branch));
  const number = build === undefined ? (await records.latest(RECENT_BUILDS)).at(0)?.number : Number(build);
  if (number === undefined || !existsSync(records.logFile(number))) throw noBuild(settings, build);
  const format = await colorsOf(settings.color);
  let read = 0;
  let record = await records.read(number);
  // not on standard output, which is the log and nothing else
  using silence = watchSilence(() => process.stderr.write(`${indented(stillRunning(record, Date.now()))}\n`));
  while (!readerGone.aborted) {
    record = await records.read(number);
    const over = await isOver(record);
    read = await show(records.logFile(number), read, async (line) => {
      silence.breaks();
      const text = `${format(options.timestamps ? line : line.replace(/^\S+ /, ''))}\n`;
      if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal: readerGone }).catch(() => {});
    });
    if (!options.follow) return EXIT.built;
    if (over) return exitCodeOf(record);
    await sleep(POLL_INTERVAL_MS);
  }
  return EXIT.cancelled;
}

/**
 * Shows the lines from a byte offset on; returns the offset of their end. It waits for a slow reader, so nothing is
 * lost.
 */
async function show(file: string, start: number, onLine: (line: string) => Promise<void>): Promise<number> {
  const { size } = await stat(file);
  if (size <= start) return start;
  for await (const line of createInterface({ input: createReadStream(file, { start, end: size - 1 }) }))
    await onLine(line);
  return size;
}
