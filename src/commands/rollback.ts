import { rollBack } from '../builds/build.ts';
import { chooseRollback, goesForward, type Rollback } from '../builds/choose-rollback.ts';
import type { Hint } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { noImage, noRollback } from '../port/messages/commands.ts';
import { undoRollback } from '../port/messages/status.ts';
import { hint } from '../port/messages/text.ts';
import { recordsOf } from '../port/records.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { APP, COMMIT } from './arguments.ts';
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
  async run([app, target]: [string, string?], _options, session) {
    return rollBackTo(app, target, session);
  },
};

async function rollBackTo(app: string, target: string | undefined, session: Session): Promise<ExitCode> {
  const { folder, who } = await session.openApp(app);
  const repository = await openRepository(folder);
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
