import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { takeLock } from '../flock.ts';
import { type Log, openLog } from '../port/log.ts';
import { type BuildRecord, Records } from '../port/records.ts';
import { makeRelay, type Relay } from '../port/relay.ts';
import { readHead } from '../port/repository.ts';
import type { Terminal } from '../port/terminal.ts';
import { publishVerdict } from '../port/verdict.ts';
import * as words from '../port/words.ts';
import { buildOnFactory, type LookAhead, lookAhead } from './on-factory.ts';
import { type BuildEnd, endOfError, Superseded } from './outcome.ts';
import type { BuildRequest, CommitRequest } from './request.ts';

/**
 * Builds a commit: record, lock, preflight, archive to the factory, outcome. All that is said goes into the build's
 * log and from there to the terminal. Failure is a value: the record, which is also kept, tells how it ended.
 */
export async function buildCommit(request: BuildRequest): Promise<BuildRecord> {
  const ahead = lookAhead(request);
  const { records, record } = await beginRecord(request);
  using log = openLog(records.logFile(record.number));
  const run: Run = { request, records, record, log, relay: makeRelay(log, request.terminal) };

  run.relay.heading(words.starting(record));
  if (request.why === 'push') run.relay.line(words.indented(words.ctrlC(record)));
  await buildInTurn(run, ahead);
  run.relay.line(words.verdict(record));
  await records.prune(request.repository.settings.keepBuilds);
  return record;
}

/** A commit that its pusher does not want built: the record says so, and reconcile leaves it alone. */
export async function skipCommit(request: CommitRequest, terminal: Terminal): Promise<void> {
  const { records, record } = await beginRecord(request);
  using log = openLog(records.logFile(record.number));
  await finish({ records, record }, { outcome: 'cancelled', exitCode: EXIT.cancelled, error: words.skipped() });
  const relay = makeRelay(log, terminal);
  relay.line(words.warning(words.skipped()));
  relay.line(words.verdict(record));
}

/** A build that is under way. */
interface Run {
  request: BuildRequest;
  records: Records;
  record: BuildRecord;
  relay: Relay;
  log: Log;
}

async function beginRecord({ repository, commit, ref, who, why }: CommitRequest) {
  const records = new Records(repository.state);
  const subject = (await repository.git('log', '-1', '--format=%s', commit).catch(() => '')).trim();
  const record = await records.begin({ app: repository.settings.app, commit, ref, subject, who, why });
  return { records, record };
}

/** One build at a time per app. The record is complete before the lock is free for the next one. */
async function buildInTurn(run: Run, ahead: LookAhead): Promise<void> {
  const { request, records, record, relay } = run;
  let waited = false;
  const wait = () => {
    waited = true;
    void describeHolder(records).then((holder) => relay.heading(words.waiting(record.app, holder)));
  };
  try {
    await using _lock = await takeLock(request.repository.lockFile, wait, request.signal);
    record.started = new Date().toISOString();
    const building = Promise.all([records.save(record), checkStillWanted(run, waited)]).then(() =>
      // what was known before a long wait may have changed: a host key may be revoked
      buildOnFactory(request, waited ? lookAhead(request) : ahead, records, relay),
    );
    await finish(run, await building.catch((error: unknown) => explain(error, run)));
    await makeKnown(run);
  } catch (error) {
    if (record.finished === null) await finish(run, await explain(error, run)); // it never had its turn
  }
}

async function finish({ records, record }: Pick<Run, 'records' | 'record'>, end: Partial<BuildRecord>): Promise<void> {
  Object.assign(record, end, { finished: new Date().toISOString() });
  await records.save(record);
}

/** In the lock, so that of two builds the later one is known last. What fails here spoils no build. */
async function makeKnown({ request: { repository }, record, relay }: Run): Promise<void> {
  await publishVerdict(repository, record).catch((error: Error) => relay.line(words.warning(words.unpublished(error))));
  if (repository.settings.afterBuild === undefined || record.outcome === 'superseded') return;
  relay.heading(words.afterBuild());
  const { runAfterBuild } = await import('../port/after-build.ts');
  const failure = await runAfterBuild(repository, record, (line) => relay.line(words.indented(line)));
  if (failure !== undefined) relay.line(words.warning(failure));
}

/**
 * A pushed commit that is no longer the head is not built: an older build must never follow a newer one. Nor is one
 * that another build has made while this one waited.
 */
async function checkStillWanted({ request, records, record }: Run, waited: boolean): Promise<void> {
  const { repository, commit, ref, why } = request;
  if (why === 'replay') return;
  const head = await readHead(repository, ref);
  if (head === commit && !waited) return;
  const others = (await records.latest(RECENT)).filter(({ number }) => number !== record.number);
  if (head !== commit) {
    const next = others.find((other) => other.commit === head && other.outcome === 'running');
    throw new Superseded(words.supersededBy(repository.settings.branch, head, next?.number));
  }
  const last = others.find(({ outcome }) => outcome === 'built');
  if (last?.commit === commit) throw new Superseded(words.builtBy(last.number));
}

/** How many records are looked at for another build that runs or has just ended. */
const RECENT = 20;

async function describeHolder(records: Records): Promise<string> {
  const recent = await records.latest(RECENT);
  const holder = recent.find(({ outcome, started }) => outcome === 'running' && started !== null);
  return holder === undefined ? '' : words.holder(holder);
}

/** Says why a build ends without having been to the factory and back, and what that makes of it. */
async function explain(thrown: unknown, { records, record, relay, log }: Run): Promise<BuildEnd> {
  const error = await nameCanceller(thrown, record, records);
  if (error instanceof Superseded) relay.line(words.warning(error.message));
  else if (error instanceof Trouble) words.troubleLines(error).forEach(relay.line);
  else {
    words.bugLines(error).forEach(relay.line);
    log.add({ text: error instanceof Error ? (error.stack ?? error.message) : String(error), end: '\n' });
  }
  return endOfError(error);
}

/** A build that was told to end: `doskara cancel` has left a note on who told it. */
async function nameCanceller(error: unknown, { number }: BuildRecord, records: Records): Promise<unknown> {
  if (!(error instanceof Trouble) || error.code !== 'terminated') return error;
  const who = await records.readCanceller(number);
  return who === undefined ? error : words.cancelledBy(who);
}
