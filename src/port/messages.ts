/** All words of port for people; each trouble with the command to type next. */
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { command, formatHint, type Hint, Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { escaped } from '../printable.ts';
import { formatBytes, formatDuration } from '../units.ts';
import type { BuildRecord } from './build-record.ts';
import { orList } from './did-you-mean.ts';
import type { Mismatch } from './ssh/algorithms.ts';
import type { Verdict } from './ssh/host-key.ts';
import type { SshTarget } from './ssh/target.ts';

export const short = (commit: string) => commit.slice(0, 12);

const factory = (code: string, message: string, hint: Hint, cause?: unknown) =>
  new Trouble(code, EXIT.factory, message, { hint, cause });
const refused = (code: string, message: string, hint: Hint) => new Trouble(code, EXIT.refused, message, { hint });

// The connection

export const sshConfigUnreadable = (destination: string, detail: string) =>
  factory(
    'ssh-config',
    `ssh cannot read its configuration for ${destination}: ${firstLine(detail)}`,
    `on port: ssh -G ${destination}`,
  );

export const sshOptionUnsupported = (destination: string, option: string) =>
  factory(
    'ssh-option',
    `the ssh configuration for ${destination} sets ${option}, which Doskara does not support`,
    'reach the factory without it; ProxyJump is supported',
  );

export function hostKeyRefused(
  verdict: Verdict,
  { destination, host, sshPort, knownAs, knownHostsFiles }: SshTarget,
  type: string,
  print: string,
) {
  const file = knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  const compare = `compare it with the factory's own (there: ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub)`;
  const pin = `ssh-keyscan -p ${sshPort} ${host} >> ${file}`;
  if (verdict === 'revoked')
    return factory(
      'host-key-revoked',
      `the host key of ${destination} is revoked (${type} ${print})`,
      `give the factory a new host key; the revoked one is listed in ${file}`,
    );
  if (verdict === 'changed')
    return factory(
      'host-key-changed',
      `the host key of ${destination} has CHANGED: possible man-in-the-middle attack (${type} ${print})`,
      `${compare}; if it matches: ssh-keygen -R '${knownAs}' -f ${file}, then ${pin}`,
    );
  if (verdict === 'other-type')
    return factory(
      'host-key-other-type',
      `the host key of ${destination} has another type than the pinned ones: possible man-in-the-middle attack (${type} ${print})`,
      `${compare}; if it matches: ${pin}`,
    );
  if (verdict === 'authority')
    return factory(
      'host-key-authority',
      `the host key of ${destination} is signed by a certificate authority, which Doskara cannot verify (${type} ${print})`,
      `pin the key itself: ${compare}; if it matches: ${pin}`,
    );
  return factory(
    'host-key-unknown',
    `the host key of ${destination} is unknown (${type} ${print})`,
    `${compare}; if it matches: ${pin}`,
  );
}

const placeOf = ({ destination, host, sshPort, user }: SshTarget) => `${destination} (${user}@${host}:${sshPort})`;

export const connectFailed = (target: SshTarget, error: Error & { level?: string }) =>
  error.level === 'client-authentication'
    ? factory(
        'ssh-auth',
        `the factory ${placeOf(target)} does not accept port's key`,
        'on the factory: ./install.sh factory --authorize KEY.pub',
        error,
      )
    : factory(
        'ssh-connect',
        `the factory ${placeOf(target)} cannot be reached: ${firstLine(error.message)}`,
        `on port: ssh ${target.destination} /usr/local/doskara/build.sh --check`,
        error,
      );

/** Debian's and Ubuntu's sshd_config begins by including it, and sshd keeps to the first value that it meets. */
const SSHD_CONFIG = '/etc/ssh/sshd_config.d/doskara.conf';
/** What an admin does on the machine whose sshd it is; behind a Match the line would be for some users alone. */
export const setInSshd = (line: string) => `put first in ${SSHD_CONFIG}: ${line}; then: systemctl reload ssh`;
export const MAX_STARTUPS = 'MaxStartups 200:30:400';

export const factoryBusy = (target: SshTarget, cause: Error) =>
  factory(
    'ssh-busy',
    `the factory ${placeOf(target)} closes the connection before the ssh handshake, as sshd does under too many new connections`,
    `on the factory, ${setInSshd(MAX_STARTUPS)}`,
    cause,
  );
export const waitingForFactory = ({ message }: Trouble) => `${message}; retrying for up to 1 minute`;

export const noCommonAlgorithm = (target: SshTarget, { what, keyword, known, offered }: Mismatch, cause: Error) =>
  factory(
    'ssh-algorithm',
    `the factory ${placeOf(target)} has no ${what} in common with doskara: its sshd offers ${offered.join(', ') || 'none'}`,
    `on the factory, ${setInSshd(`${keyword} ${[...offered, known].join(',')}`)}`,
    cause,
  );

/** For a key that nobody has shown yet. */
export const pinHostKey = ({ host, sshPort, knownHostsFiles: [file = '~/.ssh/known_hosts'] }: SshTarget) =>
  `ssh-keyscan -p ${sshPort} ${host} >> ${file}; then compare what ssh-keygen -lf ${file} prints with the factory's own`;

export const connectionLost = ({ destination }: SshTarget, cause?: Error) =>
  factory(
    'connection-lost',
    `the connection to the factory ${destination} was lost${cause === undefined ? '' : `: ${firstLine(cause.message)}`}`,
    REPLAY,
    cause,
  );

const REPLAY: Hint = ['to build it again: ', command('replay', '<app>')];

// The archive and the commit

export const archiveFailed = (commit: string, stderr: string) =>
  /out of memory/i.test(stderr)
    ? refused(
        'archive-too-large',
        `git archive needs too much memory for ${short(commit)}: ${firstLine(stderr)}`,
        'check export-subst in .gitattributes and very large files; then commit and push again',
      )
    : factory(
        'archive-failed',
        `git archive of ${short(commit)} failed: ${firstLine(stderr)}`,
        'on port, in the repository: git fsck',
      );

export const commitUnreadable = (commit: string, cause: Error) =>
  factory(
    'commit-unreadable',
    `git cannot read ${short(commit)}: ${firstLine(cause.message)}`,
    'on port, in the repository: git fsck',
    cause,
  );

export const gitOverstrained = (commit: string, cause: Error) =>
  new Trouble('git-overstrained', EXIT.refused, `git cannot handle ${short(commit)}: ${firstLine(cause.message)}`, {
    cause,
    hint: 'remove thousands of nested folders or huge files, commit and push again',
  });

export const tooManyEntries = (limit: number) =>
  refused('too-many-entries', `the commit has more than ${limit} files and folders; nothing was sent`, [
    'an admin can allow more: ',
    command('config', '<app>', 'maxEntries', String(2 * limit)),
    ' on port, DOSKARA_MAX_ENTRIES on the factory',
  ]);

export const scriptsMissing = (missing: readonly string[], folder: string | undefined, branch: string) =>
  refused(
    'scripts-missing',
    `no ${missing.join(' and no ')} in the root of the commit; nothing was sent`,
    folder === undefined
      ? 'an app needs build.sh (builds it) and run.sh (starts it) in its root; add them, commit and push again'
      : `they are in ${JSON.stringify(escaped(folder))}; push that folder: git push --force doskara "$(git subtree split --prefix=${quoted(folder)})":refs/heads/${branch}`,
  );

/** A name as a shell takes it, for a command that people paste. */
const quoted = (name: string) => `'${escaped(name).replaceAll("'", "'\\''")}'`;

export const scriptNotRegular = (script: string) =>
  refused(
    'script-not-regular',
    `${script} is neither a regular file nor a link to one in the commit; nothing was sent`,
    `make ${script} a regular file, commit and push again`,
  );

export const scriptsExported = (missing: readonly string[]) =>
  refused(
    'scripts-export-ignored',
    `.gitattributes marks ${missing.join(' and ')} as export-ignore, so git archive omits ${missing.length > 1 ? 'them' : 'it'}; nothing was sent`,
    'remove export-ignore in .gitattributes, commit and push again',
  );

/** `count`: of how many `paths` are the first. */
export const submodules = (paths: readonly string[], count: number) =>
  `${some(paths, count)} ${count === 1 ? 'is a submodule' : 'are submodules'}: git archive sends an empty folder`;
/** `count`: of how many `paths` are the first; `of`: of how many files. */
export const exportIgnored = (paths: readonly string[], count: number, of: number) =>
  `${some(paths, count)} ${count === 1 ? 'is' : 'are'} not sent (export-ignore in .gitattributes): ${count} of ${of} files`;
export const lfs = () => 'Git LFS files are sent as pointers, without their contents';
export const crlf = (script: string) => `${script} has CRLF line endings, which most shells cannot run`;

function some(paths: readonly string[], count: number): string {
  const shown = paths.map((path) => JSON.stringify(escaped(path)));
  return shown.join(', ') + (count > shown.length ? ` and ${count - shown.length} more` : '');
}

export const noSuchCommit = ({ app }: { app: string }, revision: string) =>
  new Trouble('no-such-commit', EXIT.usage, `${app} has no commit ${JSON.stringify(escaped(revision))}`, {
    hint: 'name a commit, a branch or a tag of the repository on port',
  });

export const noBuildsYet = ({ app, branch }: { app: string; branch: string }) =>
  `${app} has no builds yet: git push doskara HEAD:${branch}`;

export const emptyRepository = ({ app, branch }: { app: string; branch: string }) =>
  new Trouble('empty-repository', EXIT.usage, `${app} has no branch ${branch} yet`, {
    hint: `git push doskara HEAD:${branch}`,
  });

// The repository

const usage = (code: string, message: string, hint: string, cause?: unknown) =>
  new Trouble(code, EXIT.usage, message, { hint, cause });

export const notTrusted = (path: string, uid: number, cause: Error) =>
  usage(
    'not-trusted',
    `${path} belongs to another user (uid ${uid}), so git does not trust it`,
    `run this as its owner; if you trust that user: git config --global --add safe.directory ${path}`,
    cause,
  );
export const configUnreadable = (cause: Error) =>
  usage(
    'config-unreadable',
    `git cannot read its configuration: ${firstLine(cause.message)}`,
    'an admin can fix that file on port',
    cause,
  );
export const stateUnusable = (state: string, cause: NodeJS.ErrnoException) =>
  usage('state-unusable', `cannot create ${state}: ${cause.code}`, `run this as the repository's owner`, cause);
export const stateForeign = (state: string) =>
  usage(
    'state-foreign',
    `${state} is a symbolic link or belongs to another user`,
    `check it, then remove it: ls -ld ${state}`,
  );

export const foreignKeys = (lines: number, file: string) => [
  warning(`${lines} ${lines === 1 ? 'line is' : 'lines are'} not managed by Doskara in ${file}`),
  hint(`grep -nv ' serve ' ${file}`),
];

export const recordDamaged = (number: number, file: string, log: string) =>
  usage('record-damaged', `the record of build ${number} is damaged: ${file}`, `look at its log: less ${log}`);
export const noNumberLeft = (file: string) =>
  usage('no-number-left', `no build number is left after ${file}`, `if that is not a record: rm ${file}`);

// The system. All of it is mended on port, and what was pushed meanwhile is built then: none is the app's own fault.

export const diskFull = (place: string | undefined, cause: Error) =>
  factory(
    'disk-full',
    `port's disk is full${place === undefined ? '' : `: cannot write ${place}`}`,
    `on port, free some space: df -h ${place === undefined ? '' : dirname(place)}`.trimEnd(),
    cause,
  );
export const diskUnwritable = (place: string | undefined, cause: NodeJS.ErrnoException) =>
  factory(
    'disk-unwritable',
    `port cannot write ${place ?? 'its disk'}: ${cause.code}`,
    `on port: findmnt ${place === undefined ? '' : `--target ${dirname(place)}`}; dmesg | tail`,
    cause,
  );
export const notAllowed = (place: string, cause: Error) =>
  factory(
    'not-allowed',
    `${userInfo().username} may not use ${place}`,
    `run this as its owner: ls -ld ${place}`,
    cause,
  );
export const notAFile = (place: string, cause: NodeJS.ErrnoException) =>
  factory(
    'not-a-file',
    cause.code === 'EISDIR' ? `${place} is a folder, not a file` : `a part of ${place} is not a folder`,
    `check it, then remove it: ls -ld ${cause.code === 'EISDIR' ? place : dirname(place)}`,
    cause,
  );

// A build

export const starting = (record: BuildRecord) =>
  `Build ${record.number} of ${record.app}: ${short(record.commit)} ${escaped(record.subject)}`;
export const rollingBack = (
  { number, app }: BuildRecord,
  from: BuildRecord | undefined,
  to: BuildRecord,
  forward: boolean,
) =>
  `Build ${number} of ${app}: ${forward ? 'forward' : 'back'} ${from === undefined ? '' : `from ${short(from.commit)} (build ${from.number}) `}to ${short(to.commit)} ${escaped(to.subject)} (build ${to.number})`;
export const ctrlC = ({ app, number, ref, gate }: BuildRecord) =>
  gate === null
    ? `Press Ctrl-C to stop watching; the build goes on. Log: ssh git@port logs ${app} ${number}`
    : `Press Ctrl-C to cancel the build; ${branchOf(ref)} is not updated. Log: ssh git@port logs ${app} ${number}`;
export const waiting = (app: string, holder: string) => `Waiting: another build of ${app} is running${holder}`;
export const holder = ({ number, who, started }: BuildRecord) => ` (build ${number} by ${who}, since ${started})`;

export const tryingAgain = (error: Trouble, pause: number) => `${error.message}; retrying in ${pause / 1000} s`;
export const nextFactory = (factory: string, trouble: unknown) => `${(trouble as Trouble).message}; trying ${factory}`;

/** `expected`: bytes, where a build before tells; a bar and the time that is left are guesses from it. */
export function uploadProgress(bytes: number, expected: number | undefined, milliseconds: number): string {
  const rate = bytes / Math.max(milliseconds, 1);
  const sent = `${formatBytes(bytes)} so far, ${formatBytes(1000 * rate)}/s`;
  if (expected === undefined || bytes === 0) return sent;
  const share = Math.min(0.99, bytes / expected);
  const bar = '#'.repeat(Math.round(share * BAR)).padEnd(BAR, '.');
  const left = formatDuration(Math.max(0, expected - bytes) / rate);
  return `[${bar}] ${Math.round(share * 100)} % of about ${formatBytes(expected)}: ${sent}, ${left} left`;
}
const BAR = 20;
export const uploaded = (bytes: number, milliseconds: number) =>
  `${formatBytes(bytes)} in ${formatDuration(milliseconds)}`;

export function supersededBy(branch: string, head: string | undefined, number: number | undefined): string {
  if (head === undefined) return `${branch} was deleted; there is nothing to build`;
  return `${branch} has moved on to ${short(head)}; ${number === undefined ? 'another build' : `build ${number}`} builds it`;
}
export const builtBy = (number: number) => `build ${number} has built this commit`;

// The gate

/** The line before the verdict on a build that does not open the gate. */
export const rejected = (ref: string, old: string | undefined) =>
  `error: push rejected: no ref was updated (${stays(ref, old)})`;
const stays = (ref: string, old: string | undefined) =>
  `${branchOf(ref)} ${old === undefined ? 'was not created' : `is still at ${short(old)}`}`;
const branchOf = (ref: string) => escaped(ref.replace(/^refs\/heads\//, ''));

export const pusherLeft = (ref: string, old: string | undefined) =>
  new Trouble('pusher-left', EXIT.cancelled, `the pusher disconnected: ${stays(ref, old)}`, { hint: AGAIN });

export const pusherDeaf = (ref: string, old: string | undefined) =>
  new Trouble('pusher-deaf', EXIT.cancelled, `the pusher stopped reading: ${stays(ref, old)}`, { hint: AGAIN });

export const restoringLatest = ({ commit, number }: BuildRecord) =>
  `The warehouse may have this image already; restoring ${short(commit)} (build ${number}) as latest`;
export const notRestored = ({ app }: BuildRecord, reason: string) =>
  `latest may be the image of the rejected commit: ${reason}; doskara reconcile ${app} fixes that`;
export const nothingToRestore = ({ app }: BuildRecord) =>
  `latest may be the image of the rejected commit; ${app} has no other image yet`;
export const strayLatest = ({ commit, number }: BuildRecord) =>
  `latest may be the image of ${short(commit)} (build ${number}), which git rejected`;
export const restoredMeanwhile = (app: string) => `the latest image of ${app} was already restored`;

const AGAIN = 'push again';

/** Of a commit that git does not take, nothing is left to replay. */
export const forGate = (trouble: Trouble) =>
  isReplay(trouble.hint) ? new Trouble(trouble.code, trouble.exitCode, trouble.message, { hint: AGAIN }) : trouble;

const isReplay = (hint: Hint | undefined) =>
  typeof hint === 'object' && hint.some((part) => typeof part === 'object' && part.verb === 'replay');

export const movedMeanwhile = (ref: string, head: string | undefined) =>
  refused(
    'moved-meanwhile',
    `${branchOf(ref)} ${head === undefined ? 'was deleted' : `moved to ${short(head)}`} during the build`,
    `git pull --rebase doskara ${branchOf(ref)}, then push again`,
  );

export const gateHasNoDetach = ({ app, branch }: { app: string; branch: string }) =>
  usage(
    'gate-detach',
    `${app} has a gate: pushes wait for their build, so -o detach is not available`,
    `git push doskara HEAD:${escaped(branch)}`,
  );

export const pushedTwice = ({ branch }: { branch: string }) =>
  refused('pushed-twice', `${escaped(branch)} is in this push more than once; nothing was built`, 'push it once');
export const notACommit = ({ branch }: { branch: string }) =>
  refused('not-a-commit', `what was pushed to ${escaped(branch)} is not a commit; nothing was built`, 'push a commit');
export const historyMissing = ({ branch }: { branch: string }) =>
  refused(
    'history-missing',
    `git would reject this push to ${escaped(branch)}: its history is incomplete (a shallow clone?); nothing was built`,
    'git fetch --unshallow, then push again',
  );
export const notFastForward = ({ branch }: { branch: string }) =>
  refused(
    'not-fast-forward',
    `git would reject this push to ${escaped(branch)}: not a fast-forward (receive.denyNonFastForwards); nothing was built`,
    `git pull --rebase doskara ${escaped(branch)}, then push again`,
  );

export const gateNotLinked = (app: string) => [
  warning(`the gate of ${app} is on, but its hook is not installed: git accepted this push before it was built`),
  hint(['an admin on port: ', command('hook', 'install', app)]),
];

export const skipped = () => 'not built, as requested (-o skip)';
export const unknownOptions = (options: readonly string[]) =>
  `${some(options.slice(0, 3).map(shortened), options.length)} ${options.length === 1 ? 'is not a push option' : 'are not push options'}; use detach, no-cache or skip`;
const shortened = (option: string) => (option.length > 100 ? `${option.slice(0, 100)}…` : option);
export const detached = (first: string) => `${first.replace(/^-----> /, '')}; it goes on in the background`;

export const cancelledBy = (who: string) =>
  new Trouble('cancelled', EXIT.cancelled, `the build was cancelled by ${escaped(who)}`, { hint: REPLAY });

export const noTurn = (app: string, seconds: number) =>
  factory('no-turn', `${app} did not finish within ${formatDuration(seconds * 1000)}`, [
    'to see what holds it up: ',
    command('builds', app),
  ]);

export const timedOut = (seconds: number) =>
  new Trouble('timeout', EXIT.cancelled, `the build took longer than ${formatDuration(seconds * 1000)}`, {
    hint: ['an admin can allow more on port: ', command('config', '<app>', 'timeout', '60m')],
  });

export const runnerEnded = (how: string) =>
  new Trouble('runner-ended', EXIT.factory, `the runner on the factory ended unexpectedly (${how})`, {
    hint: 'on the factory: /usr/local/doskara/build.sh --check',
  });

export const runnerOlder = (destination: string) =>
  factory(
    'runner-older',
    `the runner on ${destination} is older than port`,
    'upgrade the factory first, from a newer clone there: ./install.sh factory',
  );

export const runnerSilent = (seconds: number) =>
  factory(
    'runner-silent',
    `the runner on the factory did not answer within ${seconds} s`,
    'on the factory: /usr/local/doskara/build.sh --check',
  );

export const noRunner = (destination: string, said: string) =>
  factory(
    'no-runner',
    `no Doskara runner answers on ${destination}: ${firstLine(said)}`,
    'on the factory: ./install.sh factory --registry HOST[:PORT] --authorize KEY.pub',
  );

/** The last line of every build, fixed in form. */
export function verdict({ app, number, outcome, image, digest, queued, finished }: BuildRecord): string {
  const level = outcome === 'built' ? 'success' : outcome === 'superseded' ? 'warning' : 'error';
  const what = outcome === 'built' ? ` ${image}@${digest}` : '';
  return `${level}: ${app} build ${number} ${outcome}${what} in ${seconds(queued, finished)} s`;
}

function seconds(from: string, to: string | null): string {
  return ((Date.parse(to ?? from) - Date.parse(from)) / 1000).toFixed(1);
}

/** A build as one line of a git note: outcome, number, image, seconds, who. */
export function note({ number, outcome, image, digest, queued, finished, who }: BuildRecord): string {
  const what = digest === null ? 'no image' : `${image}@${digest}`;
  return `${outcome}, build ${number}, ${what}, ${seconds(queued, finished)} s, ${escaped(who)}`;
}

export const unpublished = (cause: Error) => `cannot write the result to the repository: ${firstLine(cause.message)}`;
export const notesBroken = ({ app }: { app: string }): Hint => [
  'an admin on port: ',
  command('doctor'),
  ` shows how to fix it (${app})`,
];
export const afterBuild = () => 'Running doskara.afterBuild';
export const afterBuildFailed = (how: number | string) =>
  `doskara.afterBuild failed (${typeof how === 'number' ? `exit code ${how}` : firstLine(how)}); the build is not affected`;
export const afterBuildTimedOut = (limit: number) =>
  `doskara.afterBuild took longer than ${limit} s and was stopped; the build is not affected`;

/** The last line of a push that builds nothing. */
export const nothingBuilt = (app: string) => `warning: nothing to build; ${app} is unchanged`;

export const troubleLines = ({ message, hint }: Trouble) => [
  `error: ${message}`,
  ...(hint === undefined ? [] : [`hint: ${formatHint(hint)}`]),
];
export const bugLines = (error: unknown) => [
  `error: a bug of doskara: ${firstLine(error instanceof Error ? error.message : String(error))}`,
  'hint: please report it, with the log of this build',
];
export const indented = (text: string) => `       ${text}`;
export const hint = (what: Hint) => `hint: ${formatHint(what)}`;
export const warning = (text: string) => `warning: ${text}`;

function firstLine(text: string): string {
  return escaped(text.trim().split('\n').at(0) ?? '');
}

export const terminated = () =>
  new Trouble('terminated', EXIT.factory, 'the build was stopped on port (SIGTERM)', {
    hint: ['nothing to do: ', command('reconcile'), ' builds it again'],
  });

export const previousHookFailed = (file: string, cause: Error) =>
  new Trouble('kept-hook', EXIT.usage, `cannot run the repository's own hook: ${cause.message}`, {
    cause,
    hint: `an admin on port: chmod +x ${file}, or remove it`,
  });

// The manual

export const noSuchTopic = (topic: string, near: readonly string[]) =>
  new Trouble('no-such-topic', EXIT.usage, `no help on ${JSON.stringify(escaped(topic))}`, {
    hint: [`${near.length > 0 ? `did you mean ${orList(near)}? ` : ''}to list all topics: `, command('help')],
  });
