/** How port words what is live, how it became so, and what waiting for a build comes to. */
import { command, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { LATEST } from '../../image-tag.ts';
import { escaped } from '../../printable.ts';
import { formatAgo, formatDuration } from '../../units.ts';
import type { BuildRecord, Outcome } from '../build-record.ts';
import { afterBuildFailure, verdict } from './build.ts';
import { short } from './text.ts';

/** What `doskara status` shows; --json prints it as it is. */
export interface Status {
  app: string;
  branch: string;
  /** Of its image; null: it has none. */
  tag: string | null;
  /** What has the tag in the warehouse; null if nothing was built yet. */
  live: {
    commit: string;
    subject: string;
    /** The build or rollback that made it the latest; this and what follows is null if its record is no longer kept. */
    number: number | null;
    who: string | null;
    why: BuildRecord['why'] | null;
    /** Who pushed the commit first; null if that record is no longer kept. */
    pushedBy: string | null;
    since: string | null;
    image: string | null;
    digest: string | null;
    /** Of a rollback: the build that made the image. */
    rollbackTo: number | null;
    /** How doskara.afterBuild ended, such as a deploy. */
    afterBuild: BuildRecord['afterBuild'];
    afterBuildRuns: boolean;
  } | null;
  /** For which doskara.afterBuild last succeeded; null if it never did. */
  deployed: { commit: string; subject: string } | null;
  /** Of the build branch; null if there is no such branch. */
  head: { commit: string; subject: string } | null;
  /** Other branches that are built. */
  branches: readonly OtherBranch[];
  /** Builds that run or wait, oldest first. */
  running: readonly BuildRecord[];
  lastFailure: BuildRecord | null;
  /** Tags that an admin has given to images. */
  promoted: readonly PromotedTag[];
  /** How many records are kept. */
  builds: number;
}

/** Where to read why the deploy of what is live failed, if it did. */
export function failedDeploy({ app, live }: Status): Hint | undefined {
  const number = live?.number ?? null;
  return live === null || number === null || afterBuildFailure(live) === undefined ? undefined : logOf({ app, number });
}

export interface OtherBranch {
  branch: string;
  tag: string | null;
  live: { commit: string; subject: string; number: number | null; since: string | null } | null;
  /** Why it can't be built. */
  error: string | null;
}

/** Of the record, what is known of it. */
export interface PromotedTag {
  tag: string;
  commit: string;
  subject: string;
  number: number | null;
  who: string | null;
  since: string | null;
  digest: string | null;
}

export const FAILURES: readonly Outcome[] = ['failed', 'refused', 'lost'];

export function statusLines(status: Status, now: number): string[] {
  const { live, branches, running, lastFailure, promoted } = status;
  const isNews = lastFailure !== null && lastFailure.number > (live?.number ?? 0);
  const rows = [
    ...(live === null ? [['live', 'nothing yet']] : liveRows(live, status.tag, now)),
    ...deployedRow(status),
    ['head', headText(status)],
    ...branches.map((each) => ['branch', branchText(each, now)]),
    ...promoted.flatMap((each) => promotedRows(each, now)),
    ...running.map((record) => runningRow(record, now)),
    ...(isNews ? failureRows(lastFailure, now) : []),
  ];
  return rows.map(([title = '', text = '']) => `${title.padEnd(TITLE_WIDTH)}${text}`);
}

/** With that a digest ends at column 80. */
const TITLE_WIDTH = 9;

function liveRows(live: NonNullable<Status['live']>, tag: string | null, now: number): string[][] {
  const { number, who, why, pushedBy, since, image, digest, rollbackTo: to } = live;
  if (number === null || who === null || why === null || image === null || digest === null)
    return [['live', named(live)]];
  const how = {
    push: 'pushed',
    replay: 'replayed',
    reconcile: 'built again',
    rollback: rollbackTo(to),
    promote: 'promoted',
  }[why];
  const when = since === null ? '' : ` ${formatAgo(since, now)} ago (${since.slice(0, 16).replace('T', ' ')} UTC)`;
  const failure = afterBuildFailure(live);
  return [
    ['live', named(live)],
    ['', `build ${number}, ${how} by ${escaped(who)}${when}`],
    ...(why === 'push' || pushedBy === null ? [] : [['', `pushed by ${escaped(pushedBy)}`]]),
    ...(failure === undefined ? [] : [['', `but ${failure}`]]),
    ...(live.afterBuildRuns ? [['', `afterBuild runs${since === null ? '' : ` for ${formatAgo(since, now)}`}`]] : []),
    ['image', tag === LATEST ? image : `${image}:${tag}`],
    ['digest', digest],
  ];
}

/** What is live need not run: a deploy takes its time, and may fail. */
function deployedRow({ deployed, live }: Status): string[][] {
  return deployed === null || deployed.commit === live?.commit ? [] : [['deployed', named(deployed)]];
}

function headText({ head, live, branch }: Status): string {
  if (head === null) return `there is no branch ${escaped(branch)}`;
  return `${head.commit === live?.commit ? 'the same' : named(head)} (${escaped(branch)})`;
}

function runningRow(record: BuildRecord, now: number): string[] {
  const { number, who, queued, started } = record;
  return [
    started === null ? 'waiting' : 'running',
    `build ${number} by ${escaped(who)} for ${formatAgo(started ?? queued, now)}: ${named(record)}`,
  ];
}

function failureRows(record: BuildRecord, now: number): string[][] {
  const { number, outcome, finished, queued, error } = record;
  return [
    ['failure', `build ${number} ${outcome} ${formatAgo(finished ?? queued, now)} ago: ${named(record)}`],
    ...(error === null ? [] : [['', escaped(error)]]),
  ];
}

function branchText({ branch, tag, live, error }: OtherBranch, now: number): string {
  if (error !== null) return error;
  const name = tag === null || tag === branch ? escaped(branch) : `${escaped(branch)} (${tag})`;
  if (live === null) return `${name}: nothing yet`;
  const { number, since } = live;
  const made = number === null || since === null ? '' : ` (build ${number}, ${formatAgo(since, now)} ago)`;
  return `${name}: ${named(live)}${made}`;
}

function promotedRows(promoted: PromotedTag, now: number): string[][] {
  const { tag, number, who, since } = promoted;
  const how =
    number === null || who === null || since === null
      ? ''
      : ` (build ${number}, by ${escaped(who)} ${formatAgo(since, now)} ago)`;
  return [['tag', `${tag}: ${named(promoted)}${how}`]];
}

const named = ({ commit, subject }: { commit: string; subject: string }) => `${short(commit)} ${escaped(subject)}`;

/** Of several branches. */
export const whatTagsName = () => 'what the tags name in the warehouse';

/** `number`: of the build that made the image; null if its record is no longer kept. */
export const rollbackTo = (number: number | null) => (number === null ? 'rollback' : `rollback to build ${number}`);

/** `from`: what was the latest before the rollback; `forward`: which way that went. */
export const undoRollback = ({ app, number }: BuildRecord, forward: boolean): Hint => [
  `to go ${forward ? 'back' : 'forward'} again: `,
  command('rollback', app, String(number)),
];

// Waiting

/** The verdict, and why. */
export function waited(record: BuildRecord): string {
  const { app, number, error, outcome, gate, landed } = record;
  if (outcome === 'built' && gate !== null && landed !== true)
    return `error: ${app} build ${number} built, but git rejected the push`;
  return verdict(record, outcome === 'built' || error === null ? undefined : escaped(error));
}
export const logOf = ({ app, number }: { app: string; number: number }): Hint => [
  'its log: ',
  command('logs', app, String(number)),
];
export const waitingFor = (record: BuildRecord) =>
  `waiting for build ${record.number} of ${record.app}: ${named(record)}`;

export const noBuildOf = (app: string, commit: string) =>
  new Trouble('no-build', EXIT.usage, `${app} has no build of ${short(commit)}, and none is running`, {
    hint: ['to build it: ', command('replay', app, short(commit))],
  });

/** `seconds`: the limit that was given. */
export const waitedTooLong = (app: string, seconds: number, record: BuildRecord | undefined) =>
  new Trouble(
    'wait-timeout',
    EXIT.factory,
    `${record === undefined ? `no build of ${app} began` : `build ${record.number} of ${app} has not ended`} within ${formatDuration(seconds * 1000)}`,
    {
      hint: [
        'it goes on; to follow it: ',
        command('logs', app, ...(record === undefined ? [] : [String(record.number)]), '-f'),
      ],
    },
  );
