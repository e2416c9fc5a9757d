import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodeOf, isOver } from '../builds/outcome.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { stillRunning } from '../port/messages/build.ts';
import * as messages from '../port/messages/status.ts';
import { hint } from '../port/messages/text.ts';
import { Records, recordsOf } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { watchSilence } from '../port/silence.ts';
import { parseDuration } from '../units.ts';
import { APP, COMMIT } from './arguments.ts';
import { type BranchOptions, branchOption, resolveForBranch } from './branch-option.ts';
import type { Session, SharedCommand } from './spec.ts';
import { print } from './stdout.ts';

export const wait: SharedCommand = {
  name: 'wait',
  summary: 'wait for a build, and exit with its exit code',
  who: 'both',
  lasts: true,
  arguments: [APP, COMMIT],
  options: [
    {
      flags: '--timeout <time>',
      meaning: 'the longest to wait, such as 10m (default: as long as it takes); then exit with 4',
      grammar: { fits: (text) => parseDuration(text) !== undefined, wanted: 'a time such as 30s, 10m or 1h' },
    },
    branchOption('whose build it is (default: that of the commit; without a commit, the main one)'),
  ],
  notes: 'Exits with 130 if the build was cancelled, or superseded by a newer push, and with 2 if there is no build.',
  async run([app, revision]: [string, string?], { timeout, branch }: WaitOptions, session) {
    const repository = await openRepository((await session.openApp(app)).folder);
    const wanted = { revision, branch };
    return waitForBuild(repository, wanted, parseDuration(timeout ?? '') ?? Number.POSITIVE_INFINITY, session);
  },
};

interface WaitOptions extends BranchOptions {
  timeout?: string;
}

const POLL_INTERVAL_MS = 200;
/** The hook writes the record soon after git has moved the branch. */
const MAX_RECORD_WAIT_S = 5;

/** `timeout` in seconds. Prints one line about how the build ended. Rejects if the commit has no build. */
async function waitForBuild(
  repository: Repository,
  wanted: { revision: string | undefined; branch: string | undefined },
  timeout: number,
  session: Session,
): Promise<ExitCode> {
  const { app } = repository.settings;
  const { records, commit } = await findBuilds(repository, wanted);
  const readerGone = session.readerGone();
  const begun = Date.now();
  const isLate = (seconds: number) => Date.now() - begun > seconds * 1000;
  while (!readerGone.aborted) {
    const record = chooseBuild(await records.latest(), commit);
    if (record !== undefined && (await isOver(record))) return report(record, session);
    if (isLate(timeout)) throw messages.waitedTooLong(app, timeout, record);
    if (record !== undefined) await watch(record, records, () => readerGone.aborted || isLate(timeout));
    else if (isLate(MAX_RECORD_WAIT_S)) throw messages.noBuildOf(app, commit);
    else await sleep(POLL_INTERVAL_MS);
  }
  return EXIT.cancelled;
}

/** Until it is over, or `stop` returns true. */
async function watch(record: BuildRecord, records: Records, stop: () => boolean): Promise<void> {
  process.stderr.write(`${messages.waitingFor(record)}\n`);
  let now: BuildRecord | undefined = record;
  using _silence = watchSilence(() => process.stderr.write(`${stillRunning(now ?? record, Date.now())}\n`));
  while (!stop() && now !== undefined && !(await isOver(now))) {
    await sleep(POLL_INTERVAL_MS);
    now = await records.read(record.number).catch(() => undefined); // it was pruned
  }
}

function report(record: BuildRecord, { typed }: Session): ExitCode {
  print(messages.waited(record));
  if (record.outcome !== 'built') process.stderr.write(`${hint(typed(messages.logOf(record)))}\n`);
  return exitCodeOf(record);
}

/**
 * The records among which the build is, and its commit, which behind the gate is in one before it is in the repository.
 */
async function findBuilds(
  repository: Repository,
  { revision, branch }: { revision: string | undefined; branch: string | undefined },
): Promise<{ records: Records; commit: string }> {
  const records = new Records(repository.state);
  try {
    const found = await resolveForBranch(repository, revision, branch);
    const isOfOne = branch !== undefined || revision === undefined || found.repository.tag !== repository.tag;
    return { records: isOfOne ? recordsOf(found.repository) : records, commit: found.commit };
  } catch (error) {
    const isId = revision !== undefined && /^[0-9a-f]{7,64}$/.test(revision);
    const known = isId ? (await records.latest()).find(({ commit }) => commit.startsWith(revision)) : undefined;
    if (known === undefined || !(error instanceof Trouble)) throw error;
    return { records, commit: known.commit };
  }
}

/**
 * The last build of a commit. If that was superseded because another build made this commit while it waited, that one.
 * `records`: newest first.
 */
function chooseBuild(records: readonly BuildRecord[], commit: string): BuildRecord | undefined {
  const builds = records.filter((record) => record.commit === commit && record.why !== 'promote');
  const [last] = builds;
  if (last?.outcome !== 'superseded') return last;
  const other = builds.find(({ outcome, finished }) =>
    outcome === 'built' ? (finished ?? '') >= last.queued : outcome === 'running',
  );
  return other ?? last;
}
