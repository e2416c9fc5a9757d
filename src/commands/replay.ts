import { buildCommit } from '../builds/build.ts';
import type { BuildRequest } from '../builds/request.ts';
import { becomeOwner } from '../drop-privileges.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRepository } from '../port/apps.ts';
import { openRepository } from '../port/repository.ts';
import { resolveCommit } from './commit.ts';
import { outputOf, signalOfEnd } from './stdout.ts';

/** `doskara replay <app> [<commit>]`: the same way as a push's, on the admin's terminal. */
export async function replay(
  word: string,
  revision: string | undefined,
  options: { cache: boolean },
): Promise<ExitCode> {
  const folder = await findRepository(word);
  const who = await becomeOwner([folder]);
  return replayCommit(folder, revision, { who, noCache: !options.cache, leavable: false, signal: signalOfEnd() });
}

export async function replayCommit(
  folder: string,
  revision: string | undefined,
  order: Pick<BuildRequest, 'who' | 'noCache' | 'leavable' | 'signal'>,
): Promise<ExitCode> {
  const repository = await openRepository(folder);
  const output = await outputOf(repository.settings.color);
  const { commit, ref } = await resolveCommit(repository, revision);
  const record = await buildCommit({ ...order, repository, commit, ref, why: 'replay', output });
  await output.drain();
  return record.exitCode ?? EXIT.bug;
}
