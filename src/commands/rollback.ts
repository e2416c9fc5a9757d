import { rollBack } from '../builds/build.ts';
import { chooseRollback } from '../builds/rollback.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { noRollback } from '../port/messages/commands.ts';
import { Records } from '../port/records.ts';
import { openRepository } from '../port/repository.ts';
import { APP, COMMIT } from './arguments.ts';
import { resolveCommit } from './commit.ts';
import type { AdminCommand, AdminSession } from './spec.ts';
import { outputOf } from './stdout.ts';

export const rollback: AdminCommand = {
  name: 'rollback',
  summary: 'roll back to an earlier image without rebuilding',
  who: 'admin',
  arguments: [APP, { ...COMMIT, meaning: 'the commit to roll back to (default: the one built before the latest)' }],
  async run([app, revision]: [string, string?], _options, session) {
    return rollBackTo(app, revision, session);
  },
};

async function rollBackTo(app: string, revision: string | undefined, session: AdminSession): Promise<ExitCode> {
  const { folder, who } = await session.openApp(app);
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
  const record = await rollBack({ ...request, output, signal: session.buildSignal() });
  await output.drain();
  return record.exitCode ?? EXIT.bug;
}
