import { buildCommit } from '../builds/build.ts';
import type { BuildRequest } from '../builds/request.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openRepository } from '../port/repository.ts';
import { APP, COMMIT } from './arguments.ts';
import { resolveCommit } from './commit.ts';
import type { SharedCommand } from './spec.ts';
import { outputOf } from './stdout.ts';

export const replay: SharedCommand = {
  name: 'replay',
  summary: 'build a commit again',
  who: 'both',
  lasts: true,
  arguments: [APP, COMMIT],
  options: [{ flags: '--no-cache', meaning: "build without Docker's build cache" }],
  async run([app, revision]: [string, string?], { cache }: { cache: boolean }, session) {
    const { outlivesTerminal } = session;
    const { folder, who } = await session.openApp(app);
    return replayCommit(folder, revision, { who, noCache: !cache, outlivesTerminal, signal: session.buildSignal() });
  },
};

async function replayCommit(
  folder: string,
  revision: string | undefined,
  order: Pick<BuildRequest, 'who' | 'noCache' | 'outlivesTerminal' | 'signal'>,
): Promise<ExitCode> {
  const repository = await openRepository(folder);
  const output = await outputOf(repository.settings.color);
  const { commit, ref } = await resolveCommit(repository, revision);
  const record = await buildCommit({ ...order, repository, commit, ref, why: 'replay', output });
  await output.drain();
  return record.exitCode ?? EXIT.bug;
}
