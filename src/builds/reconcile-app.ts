import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { noTurn } from '../port/messages/build.ts';
import { alreadyRestored } from '../port/messages/gate.ts';
import type { Output } from '../port/output.ts';
import { type Records, recordsOf } from '../port/records.ts';
import { type Repository, readHead } from '../port/repository.ts';
import { buildCommit, rollBack } from './build.ts';
import type { BuiltRecord } from './choose-rollback.ts';
import type { Deadline } from './deadline.ts';
import { chooseImageToRestore, findUnacceptedLatest, publishLanded } from './gated-build.ts';
import { SupersededError } from './outcome.ts';
import { headState } from './reconcile.ts';

/**
 * Makes the latest image that of the branch's head: builds a head whose build is missing or was lost, and restores the
 * image before a gated build whose push git rejected, or publishes one that git accepted. Returns the exit code. `limit`
 * is set to what this may take.
 */
export async function reconcileApp(repository: Repository, output: Output, limit: Deadline): Promise<ExitCode> {
  const { app, branch, timeout } = repository.settings;
  limit.start(2 * timeout, noTurn(app, 2 * timeout)); // it may have to wait for another build
  const { signal } = limit;
  const ref = `refs/heads/${branch}`;
  const head = await readHead(repository, ref);
  const records = recordsOf(repository);
  const before = await records.latest();
  const unaccepted = await findUnacceptedLatest(head, before);
  const stray = unaccepted?.pending ? undefined : unaccepted?.build;
  if (!head) return EXIT.built;
  if (stray !== undefined) {
    const exitCode = await restore(repository, chooseImageToRestore(head, before), output, signal);
    if (exitCode !== undefined) return exitCode;
  }
  await publishLanded(repository, head, output, signal);
  if (headState(head, before, stray) !== 'build') return EXIT.built;
  const request = { repository, commit: head, ref, who: 'reconcile', why: 'reconcile', noCache: false } as const;
  const { exitCode } = await buildCommit({ ...request, outlivesTerminal: false, output, signal });
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
  await dropOldAttempts(recordsOf(repository), first.commit);
  return exitCode === EXIT.warehouse ? undefined : (exitCode ?? EXIT.built);
}

/** While a factory is down, each run leaves a lost record: only the newest one is kept. */
async function dropOldAttempts(records: Records, head: string): Promise<void> {
  const lost = (await records.latest()).filter(
    ({ commit, why, outcome }) => commit === head && why === 'reconcile' && outcome === 'lost',
  );
  for (const { number } of lost.slice(1)) await records.remove(number);
}
