/** What port says about a build. */
import { command, forAdmin, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { LATEST } from '../../image-tag.ts';
import { escaped } from '../../printable.ts';
import { formatAgo, formatBytes, formatDuration } from '../../units.ts';
import type { BuildRecord } from '../build-record.ts';
import { branchOf, factory, firstLine, REPLAY, short } from './text.ts';

/** Names the branch if it is not the main one. */
export const starting = ({ number, app, tag, ref, commit, subject }: BuildRecord) =>
  `Build ${number} of ${app}${tag === LATEST ? '' : ` for ${branchOf(ref)}`}: ${short(commit)} ${escaped(subject)}`;

export const rollingBack = (
  { number, app }: BuildRecord,
  from: BuildRecord | undefined,
  to: BuildRecord,
  forward: boolean,
) =>
  `Build ${number} of ${app}: ${forward ? 'forward' : 'back'} ${from === undefined ? '' : `from ${short(from.commit)} (build ${from.number}) `}to ${short(to.commit)} ${escaped(to.subject)} (build ${to.number})`;

export const promoting = ({ number, app, tag }: BuildRecord, to: BuildRecord) =>
  `Build ${number} of ${app}: ${short(to.commit)} ${escaped(to.subject)} (build ${to.number}) becomes ${tag}`;

export const ctrlC = ({ app, number, ref, gate }: BuildRecord): Hint => [
  gate === null
    ? 'Press Ctrl-C to stop watching; the build goes on. Log: '
    : `Press Ctrl-C to cancel the build; ${branchOf(ref)} is not updated. Log: `,
  command('logs', app, String(number)),
];

export const buildsAhead = (count: number) =>
  `Waiting: ${count === 1 ? '1 build' : `${count} builds`} ahead of this one`;

/** Said before a hook has started. */
export const startsLater = () => 'Waiting: other pushes are ahead of this one';

export const waiting = (app: string, holder: string) => `Waiting: another build of ${app} is running${holder}`;
export const holder = ({ number, who, queued, started }: BuildRecord, now: number) =>
  ` (build ${number} by ${who}, for ${formatAgo(started ?? queued, now)})`;

/** For a terminal on which nothing has appeared for a while. */
export function stillRunning({ why, queued, started, finished }: BuildRecord, now: number): string {
  if (started === null) return `still waiting: ${wholeSeconds(queued, now)} s`;
  if (finished !== null) return `still running doskara.afterBuild: ${wholeSeconds(finished, now)} s`;
  const doing = why === 'rollback' ? 'rolling back' : why === 'promote' ? 'tagging' : 'building';
  return `still ${doing}: ${wholeSeconds(started, now)} s`;
}

const wholeSeconds = (from: string, now: number) => Math.round((now - Date.parse(from)) / 1000);

export function supersededBy(branch: string, head: string | undefined, number: number | undefined): string {
  if (head === undefined) return `${branch} was deleted; there is nothing to build`;
  return `${branch} has moved on to ${short(head)}; ${number === undefined ? 'another build' : `build ${number}`} builds it`;
}

export const waitsToo = (number: number) => `build ${number} waits to build this commit`;
export const queueFull = (app: string, waiting: number) =>
  factory('queue-full', `${waiting} builds of ${app} are already waiting`, ['to see them: ', command('builds', app)]);

/** What reconcile will build: the push that was refused left no record. */
export const branchesFull = (app: string, count: number) =>
  factory('queue-full', `${count} builds of other branches of ${app} are running or waiting`, [
    'push again when they have ended; to see them: ',
    command('builds', app),
  ]);

/** The record is of the build whose image serves this commit, too. */
export const unchanged = (
  { number }: BuildRecord,
  { folder, watch }: { folder: string | undefined; watch: readonly string[] },
) => `Nothing to build: build ${number} has the same ${[folder, ...watch].join(', ')}`;

export const unchangedGone = ({ number }: BuildRecord) =>
  `the image of build ${number} is not in the warehouse any more; building this commit`;

export const builtBy = (number: number) => `build ${number} has built this commit`;
export const skipped = () => 'not built, as requested (-o skip)';

export const cancelledBy = (who: string) =>
  new Trouble('cancelled', EXIT.cancelled, `the build was cancelled by ${escaped(who)}`, { hint: REPLAY });

export const noTurn = (app: string, seconds: number) =>
  factory('no-turn', `${app} did not finish within ${formatDuration(seconds * 1000)}`, [
    'to see what holds it up: ',
    command('builds', app),
  ]);

export const timedOut = (seconds: number) =>
  new Trouble('timeout', EXIT.cancelled, `the build took longer than ${formatDuration(seconds * 1000)}`, {
    hint: forAdmin(
      ['to allow more: ', command('config', '<app>', 'timeout', '60m')],
      'make it faster, or ask an admin to allow more (doskara.timeout)',
    ),
  });

export const waitedTooLong = (seconds: number) =>
  new Trouble(
    'wait-timeout',
    EXIT.factory,
    `the build waited longer than ${formatDuration(seconds * 1000)} for other builds`,
    { hint: forAdmin('on the factory, to see how busy it is: /usr/local/doskara/build.sh --check') },
  );

/** The last line of every build, fixed in form. `reason`: why it failed. A deploy may take longer than its build. */
export function verdict(record: BuildRecord, reason?: string): string {
  const { app, number, outcome, image, digest, queued, finished } = record;
  const failure = afterBuildFailure(record);
  const built = failure === undefined ? 'success' : 'warning';
  const level = outcome === 'built' ? built : isAsIntended(record) ? 'warning' : 'error';
  const what = outcome === 'built' ? ` ${image}@${digest}` : '';
  const after = outcome === 'built' ? afterText(record) : '';
  const why = reason === undefined ? '' : `: ${reason}`;
  const next = isBuiltAgain(record) ? `; ${builtAgain()}` : '';
  return `${level}: ${app} build ${number} ${outcome}${what} in ${seconds(queued, finished)} s${after}${why}${next}`;
}

/** Whether it was not to be built any more, or not at all. */
const isAsIntended = ({ outcome, error }: BuildRecord) =>
  outcome === 'superseded' || (outcome === 'cancelled' && error === skipped());

/** How often ./install.sh has `doskara reconcile` run: by doskara-reconcile.timer or cron. */
export const RECONCILE_MINUTES = 5;
const builtAgain = () => `it will be built again within ${RECONCILE_MINUTES} minutes`;

/** What `doskara reconcile` builds: the head of the branch, which a replay or a rollback need not be of. */
const isBuiltAgain = ({ outcome, why, gate }: BuildRecord) =>
  outcome === 'lost' && gate === null && (why === 'push' || why === 'reconcile');

/** `built`, or `built, afterBuild failed`. `running`: whether doskara.afterBuild runs now. */
export function outcomeOf(record: BuildRecord, running = false): string {
  if (running) return `${record.outcome}, afterBuild runs`;
  return record.outcome === 'built' && afterBuildFailure(record) !== undefined
    ? 'built, afterBuild failed'
    : record.outcome;
}

function afterText(record: BuildRecord): string {
  const failure = afterBuildFailure(record);
  if (failure !== undefined) return `, but ${failure}`;
  return record.afterBuild === null ? '' : `, afterBuild in ${record.afterBuild.seconds.toFixed(1)} s`;
}

export function afterBuildFailure({ afterBuild }: Pick<BuildRecord, 'afterBuild'>): string | undefined {
  if (afterBuild === null || afterBuild.exitCode === 0) return undefined;
  return `afterBuild failed${afterBuild.exitCode === null ? '' : ` (exit code ${afterBuild.exitCode})`}`;
}

function seconds(from: string, to: string | null): string {
  return ((Date.parse(to ?? from) - Date.parse(from)) / 1000).toFixed(1);
}

/** A build as one line of a git note: outcome, number, image, seconds, who. */
export function note(record: BuildRecord): string {
  const { number, image, digest, queued, finished, who, why, tag } = record;
  const what = digest === null ? 'no image' : `${image}@${digest}`;
  const how = why === 'promote' && record.outcome === 'built' ? `promoted to ${tag}` : outcomeOf(record);
  return `${how}, build ${number}, ${what}, ${seconds(queued, finished)} s, ${escaped(who)}`;
}

export const unpublished = (cause: Error) => `cannot write the result to the repository: ${firstLine(cause.message)}`;

export const notesBroken = ({ app }: { app: string }): Hint => [
  'to see how to fix it: ',
  command('doctor'),
  ` (${app})`,
];

export const afterBuild = () => 'Running doskara.afterBuild';

export const afterBuildFailed = (how: number | string) =>
  `doskara.afterBuild failed (${typeof how === 'number' ? `exit code ${how}` : firstLine(how)})${NOT_STARTED[how] ?? ''}; the build is not affected`;

/** By the exit codes of sh. */
const NOT_STARTED: Record<number | string, string> = {
  126: ': a program is not executable',
  127: ': a program, or the interpreter in its #! line, was not found',
};

/** undefined: its own output must tell. */
export function afterBuildHint(app: string, exitCode: number | undefined): Hint | undefined {
  const look: Hint = ['to see or change the command: ', command('config', app, 'afterBuild')];
  if (exitCode === 127) return look;
  return exitCode === 126 ? ['chmod +x the program; ', ...look] : undefined;
}

/** `reason`: such as ENOENT, of sh or of the folder. */
export const afterBuildNotStarted = (folder: string, reason: string) =>
  `doskara.afterBuild could not be started in ${folder}: ${firstLine(reason)}; the build is not affected`;

export const afterBuildTimedOut = (limit: number) =>
  `doskara.afterBuild took longer than ${limit} s and was stopped; the build is not affected`;

export const terminated = () =>
  new Trouble('terminated', EXIT.factory, 'the build was stopped on port (SIGTERM)', {
    hint: `nothing to do: ${builtAgain()}`,
  });

/** In a log. */
export const logIsFull = (limit: number) =>
  `warning: this log has reached ${formatBytes(limit)} (doskara.maxLog); only the last lines follow, when the build ends`;
export const leftOutOfLog = ({ lines, bytes }: { lines: number; bytes: number }) =>
  `warning: ${lines} ${lines === 1 ? 'line' : 'lines'} (${formatBytes(bytes)}) left out here`;

/** Of a build that is recorded as running. */
export const processDied = () => 'its process died';
