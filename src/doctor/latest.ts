import { parseEvent, type RunnerRequest } from '../contract.ts';
import { command } from '../errors.ts';
import { warning } from '../finding.ts';
import type { OutputLine } from '../lines.ts';
import type { RemoteExit } from '../port/ssh/connection.ts';
import type { Tell } from './machine.ts';

/** The image that is the latest of an app, as its records tell. */
export interface KnownLatest {
  app: string;
  /** Of the build that made it so. */
  number: number;
  digest: string;
}

/** Asks the runner and hears what it says; of an older one that has no such verb, nothing. */
export type AskRunner = (request: RunnerRequest, onLine: (line: OutputLine) => void) => Promise<RemoteExit>;

/** Questions at a time: sshd lets a connection have ten. */
const AT_ONCE = 4;

/** Compares what the warehouse has with what was built; somebody may have pushed there, or restored an old state. */
export async function checkLatest(known: readonly KnownLatest[], ask: AskRunner, tell: Tell): Promise<void> {
  const left = [...known];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await checkOne(next, ask, tell);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function checkOne({ app, number, digest }: KnownLatest, ask: AskRunner, tell: Tell): Promise<void> {
  await ask({ verb: 'latest', app }, ({ text }) => {
    const event = parseEvent(text);
    if (event?.event !== 'latest' || event.digest === digest) return;
    const has = event.digest === null ? 'no image' : `another image, ${short(event.digest)},`;
    tell(
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
