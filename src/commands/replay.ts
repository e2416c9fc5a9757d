import { EXIT, type ExitCode } from '../exit-codes.ts';
import { becomeOwner } from '../owner.ts';
import { findRepository } from '../port/apps.ts';
import { openRepository } from '../port/repository.ts';
import { buildCommit } from '../push/build.ts';
import { resolveCommit } from './commit.ts';
import { signalOfEnd, terminalOf } from './on-terminal.ts';

/** `doskara replay <app> [<commit>]`: the same way as a push's, on the admin's terminal. */
export async function replay(
  word: string,
  revision: string | undefined,
  options: { cache: boolean },
): Promise<ExitCode> {
  const folder = await findRepository(word);
  const who = await becomeOwner([folder]);
  const repository = await openRepository(folder);
  const terminal = await terminalOf(repository.settings.color);
  const signal = signalOfEnd();
  const { commit, ref } = await resolveCommit(repository, revision);
  const request = { repository, commit, ref, who, why: 'replay', noCache: !options.cache } as const;
  const record = await buildCommit({ ...request, terminal, signal });
  await terminal.drain();
  return record.exitCode ?? EXIT.bug;
}
