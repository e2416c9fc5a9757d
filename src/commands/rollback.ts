import { rollBack } from '../builds/build.ts';
import { chooseRollback, goesForward, type Rollback } from '../builds/choose-rollback.ts';
import type { Hint } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { LATEST } from '../image-tag.ts';
import { branchIn, isBuiltBranch } from '../port/branch-patterns.ts';
import { openBranch } from '../port/branches.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { noImage, noRollback } from '../port/messages/commands.ts';
import { undoRollback } from '../port/messages/status.ts';
import { hint } from '../port/messages/text.ts';
import { Records, recordsOf } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { APP, COMMIT } from './arguments.ts';
import { type BranchOptions, branchOption, openAsked } from './branch-option.ts';
import { readTarget, TARGET } from './build-target.ts';
import type { Session, SharedCommand } from './spec.ts';
import { outputOf } from './stdout.ts';

export const rollback: SharedCommand = {
  name: 'rollback',
  summary: 'go back to an earlier image, without building',
  who: 'both',
  lasts: true,
  arguments: [
    APP,
    {
      ...COMMIT,
      ...TARGET,
      meaning: 'a build number, or a commit (default: the commit built before the latest)',
      grammar: { fits: (text) => COMMIT.grammar?.fits(text) ?? false, wanted: 'a build number or a commit' },
    },
  ],
  options: [branchOption('whose image it is (default: that of the build, else the main one)')],
  async run([app, target]: [string, string?], { branch }: BranchOptions, session) {
    return rollBackTo(app, target, branch, session);
  },
};

async function rollBackTo(
  app: string,
  target: string | undefined,
  branch: string | undefined,
  session: Session,
): Promise<ExitCode> {
  const { folder, who } = await session.openApp(app);
  const opened = await openRepository(folder);
  const repository = branch === undefined ? await openOfBuild(opened, target) : await openAsked(opened, branch);
  const output = await outputOf(repository.settings.color, session.typed);
  const choose = await chooserOf(repository, target);
  const { to } = choose(await recordsOf(repository).latest());
  const request = { repository, commit: to.commit, ref: to.ref, who, why: 'rollback' } as const;
  let undo: Hint | undefined;
  const record = await rollBack({
    ...request,
    async choose(records) {
      const chosen = choose(records);
      const { from } = chosen;
      undo = from && from.digest !== chosen.to.digest ? undoRollback(from, goesForward(chosen, records)) : undefined;
      return chosen;
    },
    output,
    signal: session.buildSignal(),
  });
  await output.drain();
  if (record.outcome === 'built' && undo !== undefined) process.stderr.write(`${hint(session.typed(undo))}\n`);
  return record.exitCode ?? EXIT.bug;
}

/** For the branch of a build that is named by its number; the main one otherwise. */
async function openOfBuild(repository: Repository, target: string | undefined): Promise<Repository> {
  const wanted = target === undefined ? undefined : await readTarget(repository, target);
  if (wanted === undefined || !('build' in wanted) || !wanted.exists) return repository;
  const { ref, tag } = await new Records(repository.state).read(wanted.build);
  const branch = branchIn(ref);
  if (tag === LATEST || branch === undefined || !isBuiltBranch(repository.settings.branches, branch)) return repository;
  return openBranch(repository, branch);
}

/** Rejects if there is no such commit; the function that it returns throws if there is nothing to roll back to. */
async function chooserOf(
  repository: Repository,
  target: string | undefined,
): Promise<(records: readonly BuildRecord[]) => Rollback> {
  const { app } = repository.settings;
  const wanted = target === undefined ? undefined : await readTarget(repository, target);
  const isBuild = wanted !== undefined && 'build' in wanted;
  return (records) => {
    const chosen = chooseRollback(records, isBuild ? wanted.build : wanted?.commit);
    if (chosen !== undefined) return chosen;
    throw isBuild ? noImage(app, wanted.build, wanted.exists) : noRollback(app, target);
  };
}
