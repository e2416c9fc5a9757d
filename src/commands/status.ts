import { buildsWithImage, findOrigin } from '../builds/choose-rollback.ts';
import { type Live, readLive } from '../builds/live.ts';
import { runsAfterBuild } from '../builds/outcome.ts';
import { openBranches } from '../port/branches.ts';
import type { BuildRecord } from '../port/build-record.ts';
import { openBoundedGit } from '../port/git/bounded-git.ts';
import { readSubject } from '../port/git/subject.ts';
import { noBuildsYet } from '../port/messages/commit.ts';
import * as messages from '../port/messages/status.ts';
import { hint } from '../port/messages/text.ts';
import { listPromoted } from '../port/promoted-tags.ts';
import { Records } from '../port/records.ts';
import { openRepository, type Repository, readHead } from '../port/repository.ts';
import { APP, JSON_OPTION } from './arguments.ts';
import { type BranchOptions, branchOption, openAsked } from './branch-option.ts';
import { cut } from './columns.ts';
import type { SharedCommand } from './spec.ts';
import { print } from './stdout.ts';

export const status: SharedCommand = {
  name: 'status',
  summary: 'show what is live, what runs, and the last failure',
  who: 'both',
  arguments: [APP],
  options: [
    branchOption('what is live of this branch (default: the main one, and the others in a line each)'),
    JSON_OPTION,
  ],
  async run([app]: [string], { json, branch }: StatusOptions, { openApp, width, typed }) {
    const opened = await openRepository((await openApp(app)).folder);
    const repository = await openAsked(opened, branch);
    const found = await readStatus(repository, branch === undefined ? (await openBranches(opened)).slice(1) : []);
    if (json) return print(JSON.stringify(found));
    if (found.live === null && found.builds === 0) return print(noBuildsYet(repository.settings));
    for (const line of messages.statusLines(found, Date.now())) print(width === undefined ? line : cut(line, width));
    const next = messages.failedDeploy(found);
    if (next !== undefined) process.stderr.write(`${hint(typed(next))}\n`);
  },
};

interface StatusOptions extends BranchOptions {
  json?: boolean;
}

/** `others`: of other branches. */
async function readStatus(repository: Repository, others: readonly Repository[]): Promise<messages.Status> {
  const { tag, settings } = repository;
  const { app, branch } = settings;
  const all = await new Records(repository.state).latest();
  const ours = all.filter(({ tag }) => tag === repository.tag);
  const live = await readLive(repository, all);
  const head = await readHead(repository, `refs/heads/${branch}`);
  const deployed = await readHead(repository, `refs/deployed/${branch}`);
  const git = openBoundedGit(repository.path, {});
  const subjectOf = async (commit: string) =>
    all.find((record) => record.commit === commit)?.subject ?? (await readSubject(git, commit));
  return {
    app,
    branch,
    tag,
    live:
      live === undefined
        ? null
        : {
            ...describeLive(live, all),
            subject: await subjectOf(live.commit),
            afterBuildRuns: live.build !== undefined && (await runsAfterBuild(live.build, repository.settings)),
          },
    deployed: deployed === undefined ? null : { commit: deployed, subject: await subjectOf(deployed) },
    head: head === undefined ? null : { commit: head, subject: await subjectOf(head) },
    branches: await Promise.all(others.map((each) => describeBranch(each, all, subjectOf))),
    running: all.filter(({ outcome }) => outcome === 'running').toReversed(),
    lastFailure: ours.find(({ outcome }) => messages.FAILURES.includes(outcome)) ?? null,
    promoted: await Promise.all((await listPromoted(repository)).map((each) => describePromoted(each, all, subjectOf))),
    builds: all.length,
  };
}

async function describeBranch(
  repository: Repository,
  records: readonly BuildRecord[],
  subjectOf: (commit: string) => Promise<string>,
): Promise<messages.OtherBranch> {
  const { tag, settings, clash } = repository;
  const live = await readLive(repository, records);
  const { number = null, finished: since = null } = live?.build ?? {};
  const built = live && { commit: live.commit, subject: await subjectOf(live.commit), number, since };
  const error = clash?.message.replace(/; nothing was sent$/, '') ?? null;
  return { branch: settings.branch, tag, live: built ?? null, error };
}

async function describePromoted(
  { tag, commit }: { tag: string; commit: string },
  records: readonly BuildRecord[],
  subjectOf: (commit: string) => Promise<string>,
): Promise<messages.PromotedTag> {
  const made = records.find((each) => each.why === 'promote' && each.tag === tag && each.outcome === 'built');
  const { number = null, who = null, finished: since = null, digest = null } = made?.commit === commit ? made : {};
  return { tag, commit, subject: await subjectOf(commit), number, who, since, digest };
}

function describeLive({ commit, build }: Live, records: readonly BuildRecord[]) {
  const { number = null, who = null, why = null, finished = null, image = null, digest = null } = build ?? {};
  const { afterBuild = null } = build ?? {};
  const pushedBy = records.findLast((each) => each.commit === commit && each.why === 'push')?.who ?? null;
  const origin = build?.why === 'rollback' ? findOrigin(build, buildsWithImage(records)) : undefined;
  return {
    commit,
    number,
    who,
    why,
    pushedBy,
    since: finished,
    image,
    digest,
    rollbackTo: origin?.number ?? null,
    afterBuild,
  };
}
