import { buildCommit, rollBack } from '../builds/build.ts';
import { type Deadline, openDeadline } from '../builds/deadline.ts';
import { chooseImageToRestore, findUnacceptedLatest } from '../builds/gated-build.ts';
import { SupersededError } from '../builds/outcome.ts';
import { headState } from '../builds/reconcile.ts';
import type { BuiltRecord } from '../builds/rollback.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { Trouble } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRepository, listRepositories } from '../port/apps.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { isOurs, readHookState } from '../port/git/hook-files.ts';
import * as messages from '../port/messages.ts';
import type { Output } from '../port/output.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository, readHead } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import type { Installed } from './installed-paths.ts';
import { outputOf, signalOfEnd } from './stdout.ts';

/**
 * `doskara reconcile [<app>]`: builds the heads whose build is missing or was lost. Level-triggered: it looks at what is,
 * and keeps no list of what was to be done, so it may run at any time, beside pushes and itself.
 */
export async function reconcile(word: string | undefined, { hook }: Installed): Promise<ExitCode> {
  const repositories = word === undefined ? await listRepositories() : [await findRepository(word)];
  await becomeOwner(repositories);
  const signal = signalOfEnd();
  const output = await outputOf('auto');
  let worst: ExitCode = EXIT.built;
  for (const folder of repositories) {
    if (signal.aborted) break;
    if (!isOurs(await readHookState(folder, hook))) continue;
    const exitCode = await reconcileInTime(folder, output, signal).catch(report(folder));
    worst = Math.max(worst, exitCode) as ExitCode;
  }
  return worst;
}

/** Seconds until an app's settings are read, and after its time for what is under way to end by itself. */
const READING = 60;
const GRACE = 30;

/** The apps after one that takes too long have their turn all the same: its own build is then given up. */
async function reconcileInTime(folder: string, output: Output, signal: AbortSignal): Promise<ExitCode> {
  using limit = openDeadline(signal);
  limit.start(READING, messages.noTurn(folder, READING));
  const patience = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => {
      setTimeout(() => reject(limit.signal.reason), GRACE * 1000).unref();
    });
  });
  return await Promise.race([reconcileOne(folder, output, limit), patience]);
}

async function reconcileOne(folder: string, output: Output, limit: Deadline): Promise<ExitCode> {
  const repository = await openRepository(folder);
  const { app, branch, timeout } = repository.settings;
  limit.start(2 * timeout, messages.noTurn(app, 2 * timeout)); // another build may have to end before
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
  const { exitCode } = await buildCommit({ ...request, leavable: false, output, signal: limit.signal });
  await output.drain();
  await dropOldAttempts(records, head);
  return exitCode ?? EXIT.built;
}

/**
 * Makes the latest what it was before a build that never landed, without a build. Undefined where that can't be done,
 * since there was none, or the warehouse does not have it any more. `first`: what it is as things stand now.
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
    if (from === undefined || to === undefined) throw new SupersededError(messages.restoredMeanwhile(app));
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

/** While a factory is down each run would leave a record: of the lost ones that reconcile made, the last one is enough. */
async function dropOldAttempts(records: Records, head: string): Promise<void> {
  const lost = (await records.latest()).filter(
    ({ commit, why, outcome }) => commit === head && why === 'reconcile' && outcome === 'lost',
  );
  for (const { number } of lost.slice(1)) await records.remove(number);
}

/** One repository's trouble does not keep the others waiting. */
function report(folder: string): (error: Error) => ExitCode {
  return (thrown) => {
    const error = asTrouble(thrown, folder);
    if (!(error instanceof Trouble)) process.stderr.write(`error: ${folder}: ${thrown.message}\n`);
    else
      for (const line of messages.troubleLines(error))
        process.stderr.write(`${line.replace(/^error: /, `$&${folder}: `)}\n`);
    return error instanceof Trouble ? error.exitCode : EXIT.bug;
  };
}
