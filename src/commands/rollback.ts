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
import { resolveCommit } from './commit.ts';
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
      name: 'build',
      meaning: 'a build number, or a commit (default: the commit built before the latest)',
      completes: 'images',
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
  const choose = await readTarget(repository, target);
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

/** A number is that of a build if there is one, else it may begin a commit's id. Rejects if there is no such commit. */
async function readTarget(
  repository: Repository,
  target: string | undefined,
): Promise<(records: readonly BuildRecord[]) => Rollback> {
  const { app } = repository.settings;
  const numbers = await recordsOf(repository).numbers();
  const number = /^[1-9]\d{0,8}$/.test(target ?? '') ? Number(target) : undefined;
  const isBuild = number !== undefined && (numbers.includes(number) || number < MIN_COMMIT);
  const commit = isBuild || target === undefined ? undefined : (await resolveCommit(repository, target)).commit;
  return (records) => {
    const chosen = chooseRollback(records, isBuild ? number : commit);
    if (chosen !== undefined) return chosen;
    throw isBuild ? noImage(app, number, numbers.includes(number)) : noRollback(app, target);
  };
}

/** Git abbreviates ids to four digits and more. */
const MIN_COMMIT = 1000;
