import { blameless, Trouble } from '../errors.ts';
import type { Lock } from '../lock.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { openBoundedGit } from '../port/git/bounded-git.ts';
import { readSubject } from '../port/git/subject.ts';
import { type Log, openLog } from '../port/log.ts';
import * as messages from '../port/messages/build.ts';
import { forGate, pusherStalled, rejected } from '../port/messages/gate.ts';
import { bugLines, warning } from '../port/messages/text.ts';
import { type Records, recordsOf } from '../port/records.ts';
import type { Relay } from '../port/relay.ts';
import { asTrouble } from '../port/system-errors.ts';
import type { RunnerEvent } from '../runner-events.ts';
import { allowBuilding, allowWaiting, type Deadline } from './deadline.ts';
import { openRelay } from './open-relay.ts';
import { type BuildEnd, endFromError, SupersededError } from './outcome.ts';
import { pruneRecords } from './prune-records.ts';
import { endLog, publishResult } from './publish.ts';
import { takePlace } from './queue.ts';
import type { FactoryEnd } from './remote-build.ts';
import type { CommitRequest, QueuedRequest } from './request.ts';
import { restoreLatest } from './restore-latest.ts';
import { recordedSettings } from './unchanged.ts';

/** A build or a rollback that has a record and a log. Disposing of it closes the log. */
export interface RunningBuild extends Disposable {
  request: QueuedRequest;
  records: Records;
  record: BuildRecord;
  relay: Relay;
  log: Log;
  deadline: Deadline;
}

export async function openBuild(request: QueuedRequest, deadline: Deadline): Promise<RunningBuild> {
  const { records, record } = await createRecord(request);
  await takePlace(record, records);
  const { settings } = request.repository;
  const log = openLog(records.logFile(record.number), settings.maxLog, deadline.abort);
  const onEvent = ({ event }: RunnerEvent) => {
    if (event === 'waiting') allowWaiting(deadline);
    if (event === 'building') allowBuilding(deadline, settings);
    if (event !== 'pushing') return;
    record.pushing = true; // saved now, in case this process is killed
    records.save(record).catch(() => {}); // the save at the end reports it
  };
  const relay = openRelay(record, log, request.output, onEvent);
  const close = () => {
    relay[Symbol.dispose]();
    log[Symbol.dispose]();
  };
  return { request, records, record, log, relay, deadline, [Symbol.dispose]: close };
}

export async function createRecord({
  repository,
  commit,
  ref,
  who,
  why,
  gate,
}: CommitRequest & Pick<QueuedRequest, 'gate'>): Promise<{ records: Records; record: BuildRecord }> {
  const records = recordsOf(repository);
  const git = openBoundedGit(repository.path, repository.quarantine);
  const subject = await readSubject(git, commit);
  const record = await records.begin({
    ...recordedSettings(repository.settings),
    commit,
    ref,
    tag: repository.tag,
    subject,
    who,
    why,
    gate: gate?.receivePack ?? null,
  });
  return { records, record };
}

/** Runs `work` and saves how it ended, before the lock is released. Never rejects. */
export async function recordEnd(build: RunningBuild, work: () => Promise<FactoryEnd>): Promise<void> {
  const { records, record, relay } = build;
  const working = records.save(record).then(work);
  const end = await working
    .then((end) => checkPusherReads(build, end))
    .catch((error: unknown) => reportFailure(build, error));
  await saveEndOrLost(build, { ...end, pushing: relay.pushing });
}

/** Git moves a branch only after the pusher has read all output, so a pusher who no longer reads would block it. */
async function checkPusherReads({ request }: RunningBuild, end: FactoryEnd): Promise<FactoryEnd> {
  const { gate, output, ref } = request;
  if (gate === undefined || end.outcome !== 'built') return end;
  await output.drain();
  if (output.lost) throw pusherStalled(ref, gate.old);
  return end;
}

/** If the record cannot be saved, the build counts as lost, whatever its end, and reconcile builds it again. */
async function saveEndOrLost(build: RunningBuild, end: Partial<BuildRecord>): Promise<void> {
  const { records, record } = build;
  await saveEnd(records, record, end).catch((error: unknown) => {
    if (record.outcome !== 'lost') Object.assign(record, endFromError(printError(build, error)));
  });
}

/** Of a build that ended without a result from the factory. Never rejects. */
export async function endWithFailure(build: RunningBuild, thrown: unknown): Promise<void> {
  await saveEndOrLost(build, await reportFailure(build, thrown));
}

export async function saveEnd(records: Records, record: BuildRecord, end: Partial<BuildRecord>): Promise<void> {
  Object.assign(record, end, { finished: new Date().toISOString() });
  await records.save(record);
}

/** Prints why a build ended without a result from the factory, and returns the end to record. */
async function reportFailure(build: RunningBuild, thrown: unknown): Promise<BuildEnd> {
  const { request, records, record } = build;
  const { signal } = request;
  // what aborts the build also ends the programs that it runs, and one of those may fail first
  const reason = signal.aborted ? signal.reason : thrown;
  return endFromError(printError(build, await nameCanceller(reason, record, records)));
}

/** `doskara cancel` notes who cancelled a build before it sends SIGTERM. */
async function nameCanceller(error: unknown, { number }: BuildRecord, records: Records): Promise<unknown> {
  if (!(error instanceof Trouble) || error.code !== 'terminated') return error;
  const who = await records.readCanceller(number);
  return who === undefined ? error : messages.cancelledBy(who);
}

/** Returns the error as it was printed. */
function printError({ request: { gate, repository }, relay, log }: RunningBuild, thrown: unknown): unknown {
  const error = blameless(asTrouble(thrown, repository.state));
  const trouble = error instanceof SupersededError ? error.cause : error;
  if (trouble instanceof Trouble) relay.trouble(gate ? forGate(trouble) : trouble);
  else if (error instanceof SupersededError) relay.line(warning(error.message));
  else {
    bugLines(error).forEach(relay.line);
    log.add({ text: error instanceof Error ? (error.stack ?? error.message) : String(error), end: '\n' });
  }
  return error;
}

/** Publishes the result, unless git is still to move the branch: the post-receive hook does it then. */
export async function publishBuild(build: RunningBuild, lock: Lock): Promise<void> {
  const { request, records, record, relay, log } = build;
  if (hasPassedGate(build)) return await request.gate?.onPassed(lock);
  if (request.gate !== undefined && record.pushing) await restoreLatest(request, records, record, log);
  await publishResult(request.repository, record, relay);
}

export async function closeBuild(build: RunningBuild): Promise<BuildRecord> {
  const { request, records, record, relay, log } = build;
  if (!hasPassedGate(build)) {
    if (request.gate !== undefined) relay.line(rejected(request.ref, request.gate.old));
    await endLog(records, record, relay, log);
  }
  await pruneRecords(request.repository, records);
  return record;
}

function hasPassedGate({ request: { gate }, record }: RunningBuild): boolean {
  return gate !== undefined && record.outcome === 'built';
}
