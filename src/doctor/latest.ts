import { parseEvent, type RunnerRequest } from '../contract.ts';
import { command } from '../errors.ts';
import { warning } from '../finding.ts';
import type { OutputLine } from '../lines.ts';
import type { RemoteExit } from '../port/ssh/connection.ts';
import type { ReportFinding } from './machine.ts';

/** The image that is the latest of an app, as its records tell. */
export interface KnownLatest {
  app: string;
  /** Of the build that made it so. */
  number: number;
  digest: string;
}

/** Asks the runner and hears what it says; of an older one that has no such verb, nothing. */
export type AskRunner = (request: RunnerRequest, onLine: (line: OutputLine) => void) => Promise<RemoteExit>;

/** sshd allows ten sessions per connection. */
const MAX_CONCURRENT = 4;

/** Compares what the warehouse has with what was built; somebody may have pushed there, or restored an old state. */
export async function checkLatest(known: readonly KnownLatest[], ask: AskRunner, report: ReportFinding): Promise<void> {
  const left = [...known];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await checkOne(next, ask, report);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT }, work));
}

async function checkOne({ app, number, digest }: KnownLatest, ask: AskRunner, report: ReportFinding): Promise<void> {
  await ask({ verb: 'latest', app }, ({ text }) => {
    const event = parseEvent(text);
    if (event?.event !== 'latest' || event.digest === digest) return;
    const has = event.digest === null ? 'no image' : `another image, ${short(event.digest)},`;
    report(
      warning(
        'latest',
        event.digest === null ? 'latest-missing' : 'latest-other',
        `${app}: the warehouse has ${has} as ${event.image}:latest, not that of build ${number}, ${short(digest)}`,
        ['to build the head again: ', command('replay', app)],
      ),
    );
  });
}

const short = (digest: string) => digest.slice(0, 19);
