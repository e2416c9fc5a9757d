import { rollBack } from '../builds/build.ts';
import { chooseRollback } from '../builds/rollback.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRepository } from '../port/apps.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { noRollback } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { resolveCommit } from './commit.ts';
import { outputOf, signalOfEnd } from './stdout.ts';

/** `doskara rollback <app> [<commit>]`: an image that the warehouse still has becomes the latest, without a build. */
export async function rollback(word: string, revision: string | undefined): Promise<ExitCode> {
  const folder = await findRepository(word);
  const who = await becomeOwner([folder]);
  const repository = await openRepository(folder);
  const output = await outputOf(repository.settings.color);
  const commit = revision === undefined ? undefined : (await resolveCommit(repository, revision)).commit;
  const choose = async (records: readonly BuildRecord[]) => {
    const chosen = chooseRollback(records, commit);
    if (chosen === undefined) throw noRollback(repository.settings.app, revision);
    return chosen;
  };
  const { to } = await choose(await new Records(repository.state).latest());
  const request = { repository, commit: to.commit, ref: to.ref, who, why: 'rollback', choose } as const;
  const record = await rollBack({ ...request, output, signal: signalOfEnd() });
  await output.drain();
  return record.exitCode ?? EXIT.bug;
}
