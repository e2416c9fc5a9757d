import type { RunnerEvent } from '../contract.ts';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { takeLock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { openBoundedGit } from '../port/git/bounded-git.ts';
import { type Log, openLog } from '../port/log.ts';
import * as messages from '../port/messages.ts';
import type { Output } from '../port/output.ts';
import { Records } from '../port/records.ts';
import { makeRelay, type Relay } from '../port/relay.ts';
import { asTrouble } from '../port/system-errors.ts';
import { type Deadline, openDeadline } from './deadline.ts';
import { countTurn } from './order.ts';
import { type BuildEnd, endOfError, Superseded } from './outcome.ts';
import { endLog, publishResult } from './publish.ts';
import { type FactoryEnd, retagRemotely, runRemoteBuild, startEarly } from './remote-build.ts';
import type { BuildRequest, CommitRequest, QueuedRequest } from './request.ts';
import { restoreLatest } from './restore-latest.ts';
import type { RollbackRequest } from './rollback.ts';
import { checkNotSuperseded, RECENT } from './supersede.ts';

/**
 * Builds a commit: record, lock, preflight, archive to the factory, outcome. All that is said goes into the build's
 * log and from there to the terminal. Failure is a value: the record, which is also kept, tells how it ended.
 */
export async function buildCommit(asked: BuildRequest): Promise<BuildRecord> {
  using limit = openDeadline(asked.signal);
  const request = { ...asked, signal: limit.signal };
  using ahead = startEarly(request);
  const run = await beginRun(request, limit);
  using _log = run.log;
  const { records, record, relay } = run;
  relay.heading(messages.starting(record));
  if (request.leavable || request.gate !== undefined) relay.line(messages.indented(messages.ctrlC(record)));
  const work = async (waited: boolean) => {
    await checkNotSuperseded(request, record, records, waited);
    if (!waited) return runRemoteBuild(request, ahead, records, relay);
    using anew = startEarly(request); // what was known before a long wait may have changed: a host key may be revoked
    return await runRemoteBuild(request, anew, records, relay);
  };
  await takeAppLock(run, work, () => ahead[Symbol.dispose]());
  return endRun(run);
}

/**
 * Goes back to the image of an earlier build: with a record, in the app's turn and published like one. To which one is
 * chosen in the turn: what is the latest may have changed while it waited.
 */
export async function rollBack(asked: RollbackRequest): Promise<BuildRecord> {
  using limit = openDeadline(asked.signal);
  const request = { ...asked, signal: limit.signal };
  const run = await beginRun(request, limit);
  using _log = run.log;
  const { records, record, relay } = run;
  await takeAppLock(run, async () => {
    const { from, to } = await request.choose(await records.latest());
    const { commit, ref, subject } = to;
    Object.assign(record, { commit, ref, subject });
    relay.heading(messages.rollingBack(record, from, to));
    return retagRemotely({ ...request, to }, relay);
  });
  return endRun(run);
}

/** A commit that its pusher does not want built: the record says so, and reconcile leaves it alone. */
export async function skipCommit(request: CommitRequest, output: Output): Promise<void> {
  const { records, record } = await beginRecord(request);
  using log = openLog(records.logFile(record.number), () => {});
  await keepEnd(records, record, { outcome: 'cancelled', exitCode: EXIT.cancelled, error: messages.skipped() });
  const relay = makeRelay(log, output);
  relay.line(messages.warning(messages.skipped()));
  await endLog(records, record, relay);
}

/** Characters of a commit's subject that its record keeps; git takes one of any length. */
const LONGEST_SUBJECT = 500;
/** Bytes of one of them, at most. */
const UTF8 = 4;

/** A build that is under way. */
interface Run {
  request: QueuedRequest;
  records: Records;
  record: BuildRecord;
  relay: Relay;
  log: Log;
  limit: Deadline;
}

async function beginRun(request: QueuedRequest, limit: Deadline): Promise<Run> {
  const { records, record } = await beginRecord(request);
  const log = openLog(records.logFile(record.number), limit.end);
  const onEvent = ({ event }: RunnerEvent) => {
    if (event !== 'pushing') return;
    record.pushing = true; // on disk at once: whatever becomes of us, it is known
    records.save(record).catch(() => {}); // the last time it is saved tells
  };
  return { request, records, record, log, relay: makeRelay(log, request.output, onEvent), limit };
}

async function endRun(run: Run): Promise<BuildRecord> {
  await tellEnd(run);
  await run.records.prune(run.request.repository.settings.keepBuilds);
  return run.record;
}

async function beginRecord({ repository, commit, ref, who, why, gate }: CommitRequest & Pick<QueuedRequest, 'gate'>) {
  const records = new Records(repository.state);
  const git = openBoundedGit(repository.path, repository.quarantine);
  const subject = await git.ask(LONGEST_SUBJECT * UTF8, 'log', '-1', '--format=%s', commit).catch(() => '');
  const record = await records.begin({
    app: repository.settings.app,
    commit,
    ref,
    subject: subject.trim().slice(0, LONGEST_SUBJECT),
    who,
    why,
    gate: gate?.receivePack ?? null,
  });
  return { records, record };
}

/** One build at a time per app. The record is complete before the lock is free for the next one. */
async function takeAppLock(
  run: Run,
  work: (waited: boolean) => Promise<FactoryEnd>,
  beforeWaiting = () => {},
): Promise<void> {
  const { request, records, record, relay, limit } = run;
  const { lockFile, settings } = request.repository;
  let waited = false;
  const wait = () => {
    waited = true;
    beforeWaiting();
    void describeHolder(records).then((holder) => relay.heading(messages.waiting(record.app, holder)));
  };
  try {
    await using lock = await takeLock(lockFile, wait, request.signal);
    limit.start(settings.timeout, messages.timedOut(settings.timeout));
    record.started = new Date().toISOString();
    record.turn = await countTurn(lock, lockFile, records);
    const working = records.save(record).then(() => work(waited));
    const end = await working.then((end) => checkHeard(run, end)).catch((error: unknown) => explain(error, run));
    await finish(run, { ...end, pushing: relay.pushing });
    if (isToLand(run)) return;
    if (request.gate !== undefined && record.pushing) await restoreLatest(request, records, record, run.log);
    await publishResult(request.repository, record, relay);
  } catch (error) {
    if (record.finished === null) await finish(run, await explain(error, run)); // it never had its turn
  }
}

/** Git does not move a branch before its pusher has read all that was said; who reads no more has left. */
async function checkHeard({ request }: Run, end: FactoryEnd): Promise<FactoryEnd> {
  const { gate, output, ref } = request;
  if (gate === undefined || end.outcome !== 'built') return end;
  await output.drain();
  if (output.lost) throw messages.pusherDeaf(ref, gate.old);
  return end;
}

/** A build whose end can't be kept is lost, however it ended: so will its record read, and reconcile builds it again. */
async function finish(run: Run, end: Partial<BuildRecord>): Promise<void> {
  const { records, record } = run;
  await keepEnd(records, record, end).catch((error: unknown) => {
    if (record.outcome !== 'lost') Object.assign(record, endOfError(say(error, run)));
  });
}

async function keepEnd(records: Records, record: BuildRecord, end: Partial<BuildRecord>): Promise<void> {
  Object.assign(record, end, { finished: new Date().toISOString() });
  await records.save(record);
}

async function describeHolder(records: Records): Promise<string> {
  const recent = await records.latest(RECENT);
  const holder = recent.find(({ outcome, started }) => outcome === 'running' && started !== null);
  return holder === undefined ? '' : messages.holder(holder);
}

/** Says why a build ends without having been to the factory and back, and what that makes of it. */
async function explain(thrown: unknown, run: Run): Promise<BuildEnd> {
  const { request, records, record } = run;
  const { signal } = request;
  // what ends the build ends our helpers as well, and they may be the first to tell
  const reason = signal.aborted ? signal.reason : thrown;
  return endOfError(say(await nameCanceller(reason, record, records), run));
}

/** Returns what it is that was thrown. */
function say(thrown: unknown, { request: { gate, repository }, relay, log }: Run): unknown {
  const error = asTrouble(thrown, repository.state);
  const trouble = error instanceof Superseded ? error.cause : error;
  if (trouble instanceof Trouble) messages.troubleLines(gate ? messages.forGate(trouble) : trouble).forEach(relay.line);
  else if (error instanceof Superseded) relay.line(messages.warning(error.message));
  else {
    messages.bugLines(error).forEach(relay.line);
    log.add({ text: error instanceof Error ? (error.stack ?? error.message) : String(error), end: '\n' });
  }
  return error;
}

/** A build that was told to end: `doskara cancel` has left a note on who told it. */
async function nameCanceller(error: unknown, { number }: BuildRecord, records: Records): Promise<unknown> {
  if (!(error instanceof Trouble) || error.code !== 'terminated') return error;
  const who = await records.readCanceller(number);
  return who === undefined ? error : messages.cancelledBy(who);
}

/** Whether git is to move the branch now: the post-receive hook tells the rest then. */
function isToLand({ request: { gate }, record }: Run): boolean {
  return gate !== undefined && record.outcome === 'built';
}

async function tellEnd(run: Run): Promise<void> {
  const { request, records, record, relay } = run;
  if (isToLand(run)) return;
  if (request.gate !== undefined) relay.line(messages.rejected(request.ref, request.gate.old));
  await endLog(records, record, relay);
}
