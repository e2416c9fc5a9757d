import { buildCommit, rollBack } from '../builds/build.ts';
import { type Deadline, openDeadline } from '../builds/deadline.ts';
import { chooseImageToRestore, findUnacceptedLatest } from '../builds/gated-build.ts';
import { SupersededError } from '../builds/outcome.ts';
import { headState } from '../builds/reconcile.ts';
import type { BuiltRecord } from '../builds/rollback.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { isOurs, readHookState } from '../port/git/hook-files.ts';
import * as messages from '../port/messages/build.ts';
import { alreadyRestored } from '../port/messages/gate.ts';
import { troubleLines } from '../port/messages/text.ts';
import type { Output } from '../port/output.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository, readHead } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import { APP } from './arguments.ts';
import type { AdminCommand, AdminSession } from './spec.ts';
import { outputOf } from './stdout.ts';

export const reconcile: AdminCommand = {
  name: 'reconcile',
  summary: 'build branch heads whose build is missing or was lost; a timer runs this',
  who: 'admin',
  arguments: [{ ...APP, meaning: 'only this app', optional: true }],
  async run([app]: [string?], _options, session) {
    return reconcileApps(app, session);
  },
};

/**
 * Level-triggered: it compares the present state and keeps no list of work, so it may run at any time, also beside
 * pushes and itself.
 */
async function reconcileApps(app: string | undefined, session: AdminSession): Promise<ExitCode> {
  const { hook } = session.installed;
  const repositories = app === undefined ? await session.openApps() : [(await session.openApp(app)).folder];
  const signal = session.buildSignal();
  const output = await outputOf('auto', session.typed);
  let worst: ExitCode = EXIT.built;
  for (const folder of repositories) {
    if (signal.aborted) break;
    if (!isOurs(await readHookState(folder, hook))) continue;
    const exitCode = await reconcileInTime(folder, output, signal).catch(report(folder));
    worst = Math.max(worst, exitCode) as ExitCode;
  }
  return worst;
}

/** Longest that reading an app's settings may take. */
const READ_TIMEOUT_S = 60;
/** How long an app may go on after its deadline. */
const GRACE_S = 30;

/** Gives up on an app that takes too long, so that those after it are not held up. */
async function reconcileInTime(folder: string, output: Output, signal: AbortSignal): Promise<ExitCode> {
  using limit = openDeadline(signal);
  limit.start(READ_TIMEOUT_S, messages.noTurn(folder, READ_TIMEOUT_S));
  const givenUp = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => {
      setTimeout(() => reject(limit.signal.reason), GRACE_S * 1000).unref();
    });
  });
  return await Promise.race([reconcileOne(folder, output, limit), givenUp]);
}

async function reconcileOne(folder: string, output: Output, limit: Deadline): Promise<ExitCode> {
  const repository = await openRepository(folder);
  const { app, branch, timeout } = repository.settings;
  limit.start(2 * timeout, messages.noTurn(app, 2 * timeout)); // it may have to wait for another build
  const ref = `refs/heads/${branch}`;
  const head = await readHead(repository, ref);
  const records = new Records(repository.state);
  const before = await records.latest();
  const unaccepted = await findUnacceptedLatest(head, before);
  const stray = unaccepted?.pending ? undefined : unaccepted?.build;
  if (!head) return EXIT.built;
  if (stray !== undefined) {
    const exitCode = await restore(repository, chooseImageToRestore(head, before), output, limit.signal);
    if (exitCode !== undefined) return exitCode;
  }
  if (headState(head, before, stray) !== 'build') return EXIT.built;
  const request = { repository, commit: head, ref, who: 'reconcile', why: 'reconcile', noCache: false } as const;
  const { exitCode } = await buildCommit({ ...request, outlivesTerminal: false, output, signal: limit.signal });
  await output.drain();
  await dropOldAttempts(records, head);
  return exitCode ?? EXIT.built;
}

/**
 * Rolls the latest image back to the one before a gated build whose push never landed. Returns undefined if there was
 * none, or the warehouse no longer has it. `first`: the build to go back to, as of now.
 */
async function restore(
  repository: Repository,
  first: BuiltRecord | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode | undefined> {
  const { app, branch } = repository.settings;
  const choose = async (records: readonly BuildRecord[]) => {
    const head = await readHead(repository, `refs/heads/${branch}`);
    const from = (await findUnacceptedLatest(head, records))?.build;
    const to = chooseImageToRestore(head, records);
    if (from === undefined || to === undefined) throw new SupersededError(alreadyRestored(app));
    return { from, to };
  };
  if (first === undefined) return undefined;
  const request = {
    repository,
    commit: first.commit,
    ref: first.ref,
    who: 'reconcile',
    why: 'reconcile',
    choose,
  } as const;
  const { exitCode } = await rollBack({ ...request, output, signal });
  await output.drain();
  await dropOldAttempts(new Records(repository.state), first.commit);
  return exitCode === EXIT.warehouse ? undefined : (exitCode ?? EXIT.built);
}

/** While a factory is down, each run leaves a lost record: keep only the newest of these. */
async function dropOldAttempts(records: Records, head: string): Promise<void> {
  const lost = (await records.latest()).filter(
    ({ commit, why, outcome }) => commit === head && why === 'reconcile' && outcome === 'lost',
  );
  for (const { number } of lost.slice(1)) await records.remove(number);
}

/** An error in one repository must not stop the others. */
function report(folder: string): (error: Error) => ExitCode {
  return (thrown) => {
    const error = asTrouble(thrown, folder);
    if (!(error instanceof Trouble)) process.stderr.write(`error: ${folder}: ${thrown.message}\n`);
    else for (const line of troubleLines(error)) process.stderr.write(`${line.replace(/^error: /, `$&${folder}: `)}\n`);
    return error instanceof Trouble ? error.exitCode : EXIT.bug;
  };
}
