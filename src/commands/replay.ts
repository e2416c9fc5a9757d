import { buildCommit } from '../builds/build.ts';
import { verifyBuild } from '../builds/verify.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openRepository } from '../port/repository.ts';
import { APP, COMMIT } from './arguments.ts';
import { type BranchOptions, branchOption, resolveForBranch } from './branch-option.ts';
import type { Session, SharedCommand } from './spec.ts';
import { outputOf } from './stdout.ts';

export const replay: SharedCommand = {
  name: 'replay',
  summary: 'build a commit again',
  who: 'both',
  lasts: true,
  arguments: [APP, COMMIT],
  options: [
    { flags: '--no-cache', meaning: "build without Docker's build cache" },
    {
      flags: '--verify',
      meaning: 'build without any cache, push nothing, and compare the image with the one in the registry',
    },
    branchOption('whose image it becomes (default: the one that was named, else the main one)'),
  ],
  async run([app, revision]: [string, string?], { cache, verify, branch }: ReplayOptions, session) {
    if (verify) return verifyCommit(app, revision, branch, session);
    return replayCommit(app, revision, { noCache: !cache, branch }, session);
  },
};

interface ReplayOptions extends BranchOptions {
  cache: boolean;
  verify?: boolean;
}

async function verifyCommit(
  app: string,
  revision: string | undefined,
  branch: string | undefined,
  session: Session,
): Promise<ExitCode> {
  const { folder } = await session.openApp(app);
  const opened = await openRepository(folder);
  const output = await outputOf(opened.settings.color, session.typed);
  const { repository, commit } = await resolveForBranch(opened, revision, branch);
  const exitCode = await verifyBuild({ repository, commit, output, signal: session.buildSignal() });
  await output.drain();
  return exitCode;
}

async function replayCommit(
  app: string,
  revision: string | undefined,
  { noCache, branch }: { noCache: boolean; branch: string | undefined },
  session: Session,
): Promise<ExitCode> {
  const { folder, who } = await session.openApp(app);
  const opened = await openRepository(folder);
  const output = await outputOf(opened.settings.color, session.typed);
  const { repository, commit, ref } = await resolveForBranch(opened, revision, branch);
  const { outlivesTerminal } = session;
  const order = { who, why: 'replay', noCache, outlivesTerminal, output, signal: session.buildSignal() } as const;
  const record = await buildCommit({ ...order, repository, commit, ref });
  await output.drain();
  return record.exitCode ?? EXIT.bug;
}
