import type { RunnerRequest } from '../contract.ts';
import type { Hint } from '../errors.ts';
import { LATEST } from '../image-tag.ts';
import type { OutputLine } from '../lines.ts';
import * as messages from '../port/messages/doctor-factory.ts';
import type { RemoteExit } from '../port/ssh/connection.ts';
import { parseEvent } from '../runner-events.ts';
import type { ReportFinding } from './machine.ts';

/** The image that a tag of an app should name, according to its records. */
export interface KnownLatest {
  app: string;
  /** Of the app's repository: the image may have another. */
  name: string;
  /** Of the image. */
  tag: string;
  /** The build that pushed it. */
  number: number;
  digest: string;
  /** What makes it so again. */
  fix: Hint;
}

/** Runs the runner and passes on its lines; an older runner without the verb reports nothing. */
export type AskRunner = (request: RunnerRequest, onLine: (line: OutputLine) => void) => Promise<RemoteExit>;

/** sshd allows ten sessions per connection. */
const MAX_CONCURRENT = 4;

/** Compares the registry with the records: someone may have pushed there, or restored a backup. */
export async function checkLatest(known: readonly KnownLatest[], ask: AskRunner, report: ReportFinding): Promise<void> {
  const left = [...known];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await checkOne(next, ask, report);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT }, work));
}

async function checkOne(known: KnownLatest, ask: AskRunner, report: ReportFinding): Promise<void> {
  const { app, name, tag, digest } = known;
  await ask({ verb: 'latest', app, tag: tag === LATEST ? undefined : tag }, ({ text }) => {
    const event = parseEvent(text);
    if (event?.event === 'failed') report({ ...messages.latestUnknown(app, event), app: name });
    if (event?.event !== 'latest' || event.digest === digest) return;
    const finding =
      event.digest === null
        ? messages.latestMissing(known, `${event.image}:${tag}`)
        : messages.latestOther(known, `${event.image}:${tag}`, event.digest);
    report({ ...finding, app: name });
  });
}
