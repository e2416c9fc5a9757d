import { rollBack } from '../builds/build.ts';
import { isAccepted, isBuilt, type Rollback } from '../builds/choose-rollback.ts';
import { readLive } from '../builds/live.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findBranchOfTag } from '../port/branches.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { tagOfBranch } from '../port/messages/branches.ts';
import { noImage, noRollback, nothingLive } from '../port/messages/commands.ts';
import { badPromotedTag } from '../port/messages/promote.ts';
import { isPromotableTag } from '../port/promoted-tags.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository, withTag } from '../port/repository.ts';
import { APP } from './arguments.ts';
import { readTarget, TARGET } from './build-target.ts';
import type { AdminCommand, Session } from './spec.ts';
import { outputOf } from './stdout.ts';

/** For admins only: pushers decide what is built, and an admin what production is. */
export const promote: AdminCommand = {
  name: 'promote',
  summary: 'give an image that was built another tag, without building',
  who: 'admin',
  arguments: [
    APP,
    { ...TARGET, meaning: 'a build number, or a commit (default: what is live)' },
    { name: 'tag', meaning: 'such as production', optional: true },
  ],
  usage: '<app> [build] <tag>',
  notes: 'doskara status shows the tags. No build and no push moves them; doskara.afterBuild does not run.',
  async run([app, first, second]: [string, string, string?], _options, session) {
    const [target, tag] = second === undefined ? [undefined, first] : [first, second];
    return promoteImage(app, target, tag, session);
  },
};

async function promoteImage(app: string, target: string | undefined, tag: string, session: Session): Promise<ExitCode> {
  if (!isPromotableTag(tag)) throw badPromotedTag(tag);
  const { folder, who } = await session.openApp(app);
  const repository = await openRepository(folder);
  const branch = await findBranchOfTag(repository, tag);
  if (branch !== undefined) throw tagOfBranch(app, tag, branch);
  const output = await outputOf(repository.settings.color, session.typed);
  const { to } = await chooseImage(repository, target);
  const record = await rollBack({
    ...{ repository: await withTag(repository, tag), commit: to.commit, ref: to.ref, who, why: 'promote' },
    choose: () => chooseImage(repository, target),
    output,
    signal: session.buildSignal(),
  });
  await output.drain();
  return record.exitCode ?? EXIT.bug;
}

/** Rejects if there is no such image. */
async function chooseImage(repository: Repository, target: string | undefined): Promise<Rollback> {
  const { app } = repository.settings;
  const records = await new Records(repository.state).latest();
  if (target === undefined) {
    const live = await readLive(repository, records);
    if (live?.build === undefined) throw nothingLive(app);
    return { from: undefined, to: live.build };
  }
  const wanted = await readTarget(repository, target);
  const to = records.filter(isBuilt).find((build) => isAccepted(build) && matches(build, wanted));
  if (to !== undefined) return { from: undefined, to };
  throw 'build' in wanted ? noImage(app, wanted.build, wanted.exists) : noRollback(app, target);
}

function matches({ number, commit }: BuildRecord, wanted: Awaited<ReturnType<typeof readTarget>>): boolean {
  return 'build' in wanted ? number === wanted.build : commit === wanted.commit;
}
