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
    `ssh can't read its configuration for ${destination}: ${firstLine(detail)}`,
    `on port: ssh -G ${destination}`,
  );

export const sshOptionUnsupported = (destination: string, option: string) =>
  factory(
    'ssh-option',
    `the ssh configuration for ${destination} sets ${option}, which doskara doesn't follow`,
    'reach the factory without it; ProxyJump is followed',
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
      `give the factory a new key; ${file} tells which is revoked`,
    );
  if (verdict === 'changed')
    return factory(
      'host-key-changed',
      `the host key of ${destination} has CHANGED, somebody may be in between (${type} ${print})`,
      `${compare}; if it is right: ssh-keygen -R '${knownAs}' -f ${file}, then ${pin}`,
    );
  if (verdict === 'other-type')
    return factory(
      'host-key-other-type',
      `the host key of ${destination} is of another type than those pinned, somebody may be in between (${type} ${print})`,
      `${compare}; if it is right: ${pin}`,
    );
  if (verdict === 'authority')
    return factory(
      'host-key-authority',
      `the host key of ${destination} is vouched for by a certificate authority, which doskara can't check (${type} ${print})`,
      `pin the key itself: ${compare}; if it is right: ${pin}`,
    );
  return factory(
    'host-key-unknown',
    `the host key of ${destination} is not known (${type} ${print})`,
    `${compare}; if it is right: ${pin}`,
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
        `the factory ${placeOf(target)} can't be reached: ${firstLine(error.message)}`,
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
    `the factory ${placeOf(target)} closes the connection before ssh begins, as sshd does with too many at once`,
    `on the factory, ${setInSshd(MAX_STARTUPS)}`,
    cause,
  );
export const waitingForFactory = ({ message }: Trouble) => `${message}; trying again for as long as 1 min`;

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
    `the connection to the factory ${destination} broke${cause === undefined ? '' : `: ${firstLine(cause.message)}`}`,
    REPLAY,
    cause,
  );

const REPLAY: Hint = ['an admin can build it again: ', command('replay', '<app>')];

// The archive and the commit

export const archiveFailed = (commit: string, stderr: string) =>
  /out of memory/i.test(stderr)
    ? refused(
        'archive-too-large',
        `git archive takes too much memory for ${short(commit)}: ${firstLine(stderr)}`,
        'look at export-subst in .gitattributes, and at very large files; then commit and push again',
      )
    : factory(
        'archive-failed',
        `git archive of ${short(commit)} failed: ${firstLine(stderr)}`,
        'on port, in the repository: git fsck',
      );

export const commitUnreadable = (commit: string, cause: Error) =>
  factory(
    'commit-unreadable',
    `git can't read ${short(commit)}: ${firstLine(cause.message)}`,
    'on port, in the repository: git fsck',
    cause,
  );

export const gitOverstrained = (commit: string, cause: Error) =>
  new Trouble('git-overstrained', EXIT.refused, `git can't cope with ${short(commit)}: ${firstLine(cause.message)}`, {
    cause,
    hint: 'are there thousands of folders inside each other, or huge files? take them out, commit and push again',
  });

export const tooManyEntries = (limit: number) =>
  refused(
    'too-many-entries',
    `the commit has more than ${limit} files and folders: nothing was sent`,
    'an admin can allow more: git config doskara.maxEntries on port, DOSKARA_MAX_ENTRIES on the factory',
  );

export const scriptsMissing = (missing: readonly string[], folder: string | undefined, branch: string) =>
  refused(
    'scripts-missing',
    `no ${missing.join(' and no ')} in the root of the commit: nothing was sent`,
    folder === undefined
      ? 'every app has build.sh (builds it) and run.sh (runs it) in its root; add, commit and push again'
      : `they lie in ${JSON.stringify(escaped(folder))}; push that folder: git push --force doskara "$(git subtree split --prefix=${quoted(folder)})":refs/heads/${branch}`,
  );

/** A name as a shell takes it, for a command that people paste. */
const quoted = (name: string) => `'${escaped(name).replaceAll("'", "'\\''")}'`;

export const scriptNotRegular = (script: string) =>
  refused(
    'script-not-regular',
    `${script} is not a regular file, nor a link to one of the commit: nothing was sent`,
    `make ${script} a file, commit and push again`,
  );

export const scriptsExported = (missing: readonly string[]) =>
  refused(
    'scripts-export-ignored',
    `.gitattributes marks ${missing.join(' and ')} as export-ignore, so git archive leaves ${missing.length > 1 ? 'them' : 'it'} out: nothing was sent`,
    'take export-ignore away from it in .gitattributes, commit and push again',
  );

/** `count`: of how many `paths` are the first. */
export const submodules = (paths: readonly string[], count: number) =>
  `${some(paths, count)} ${count === 1 ? 'is a submodule' : 'are submodules'}: git archive sends an empty folder`;
/** `count`: of how many `paths` are the first; `of`: of how many files. */
export const exportIgnored = (paths: readonly string[], count: number, of: number) =>
  `${some(paths, count)} ${count === 1 ? 'is' : 'are'} left out, as .gitattributes says (export-ignore): ${count} of ${of} files`;
export const lfs = () => 'files under Git LFS are sent as pointers, not as their contents';
export const crlf = (script: string) => `${script} has CRLF line ends: most shells stumble over them`;

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
    `${path} belongs to somebody else (uid ${uid}), and git does not trust it`,
    `run this as its owner; or, if you trust that user: git config --global --add safe.directory ${path}`,
    cause,
  );
export const configUnreadable = (cause: Error) =>
  usage(
    'config-unreadable',
    `git can't read its configuration: ${firstLine(cause.message)}`,
    'an admin mends that file on port',
    cause,
  );
export const stateUnusable = (state: string, cause: NodeJS.ErrnoException) =>
  usage('state-unusable', `${state} can't be made: ${cause.code}`, `run this as the repository's owner`, cause);
export const stateForeign = (state: string) =>
  usage('state-foreign', `${state} is a link, or somebody else's`, `look at it, and take it away: ls -ld ${state}`);

export const foreignKeys = (lines: number, file: string) => [
  warning(
    `${lines} ${lines === 1 ? 'line is' : 'lines are'} not Doskara's in ${file}: what their keys may do stands there`,
  ),
  hint(`grep -nv ' serve ' ${file}`),
];

export const recordDamaged = (number: number, file: string, log: string) =>
  usage('record-damaged', `the record of build ${number} is damaged: ${file}`, `look at its log: less ${log}`);
export const noNumberLeft = (file: string) =>
  usage('no-number-left', `no build can have a number after that of ${file}`, `if that is no record: rm ${file}`);

// The system. All of it is mended on port, and what was pushed meanwhile is built then: none is the app's own fault.

export const diskFull = (place: string | undefined, cause: Error) =>
  factory(
    'disk-full',
    `port's disk is full${place === undefined ? '' : `: can't write ${place}`}`,
    `on port, make room: df -h ${place === undefined ? '' : dirname(place)}`.trimEnd(),
    cause,
  );
export const diskUnwritable = (place: string | undefined, cause: NodeJS.ErrnoException) =>
  factory(
    'disk-unwritable',
    `port can't write ${place ?? 'its disk'}: ${cause.code}`,
    `on port: findmnt ${place === undefined ? '' : `--target ${dirname(place)}`}; dmesg | tail`,
    cause,
  );
export const notAllowed = (place: string, cause: Error) =>
  factory('not-allowed', `${place} is not for ${userInfo().username}`, `run this as its owner: ls -ld ${place}`, cause);
export const notAFile = (place: string, cause: NodeJS.ErrnoException) =>
  factory(
    'not-a-file',
    cause.code === 'EISDIR' ? `${place} is a folder, and should be a file` : `a part of ${place} is not a folder`,
    `look at it, and take it away: ls -ld ${cause.code === 'EISDIR' ? place : dirname(place)}`,
    cause,
  );

// A build

export const starting = (record: BuildRecord) =>
  `Build ${record.number} of ${record.app}: ${short(record.commit)} ${escaped(record.subject)}`;
export const rollingBack = ({ number, app }: BuildRecord, from: BuildRecord | undefined, to: BuildRecord) =>
  `Build ${number} of ${app}: back ${from === undefined ? '' : `from ${short(from.commit)} (build ${from.number}) `}to ${short(to.commit)} ${escaped(to.subject)} (build ${to.number})`;
export const ctrlC = ({ app, number, ref, gate }: BuildRecord) =>
  gate === null
    ? `Ctrl-C leaves the terminal, not the build; its log stays on port (build ${number} of ${app})`
    : `Ctrl-C ends the build, and ${branchOf(ref)} stays where it is; its log stays on port (build ${number} of ${app})`;
export const waiting = (app: string, holder: string) => `Waiting: another build of ${app} is running${holder}`;
export const holder = ({ number, who, started }: BuildRecord) => ` (build ${number} by ${who}, since ${started})`;

export const tryingAgain = (error: Trouble, pause: number) => `${error.message}; trying again in ${pause / 1000} s`;
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
  if (head === undefined) return `${branch} was deleted meanwhile: there is nothing to build`;
  return `${branch} is at ${short(head)} meanwhile: ${number === undefined ? 'its own build' : `build ${number}`} carries on`;
}
export const builtBy = (number: number) => `build ${number} has built this commit meanwhile`;

// The gate

/** The line before the verdict on a build that does not open the gate. */
export const rejected = (ref: string, old: string | undefined) =>
  `error: ${stays(ref, old)}: git takes no ref of this push`;
const stays = (ref: string, old: string | undefined) =>
  `${branchOf(ref)} ${old === undefined ? 'is not made' : `stays at ${short(old)}`}`;
const branchOf = (ref: string) => escaped(ref.replace(/^refs\/heads\//, ''));

export const pusherLeft = (ref: string, old: string | undefined) =>
  new Trouble('pusher-left', EXIT.cancelled, `its pusher left: ${stays(ref, old)}`, { hint: AGAIN });

export const pusherDeaf = (ref: string, old: string | undefined) =>
  new Trouble('pusher-deaf', EXIT.cancelled, `its pusher reads no more: ${stays(ref, old)}`, { hint: AGAIN });

export const restoringLatest = ({ commit, number }: BuildRecord) =>
  `The warehouse may have this image by now: ${short(commit)} (build ${number}) is made the latest again`;
export const notRestored = ({ app }: BuildRecord, reason: string) =>
  `latest may be an image of the rejected commit: ${reason}; doskara reconcile ${app} puts that right`;
export const nothingToRestore = ({ app }: BuildRecord) =>
  `latest may be an image of the rejected commit: ${app} has no other yet`;
export const strayLatest = ({ commit, number }: BuildRecord) =>
  `latest may be an image of ${short(commit)} (build ${number}), which git has not taken`;
export const restoredMeanwhile = (app: string) => `what is the latest of ${app} was put right meanwhile`;

const AGAIN = 'push again';

/** Of a commit that git does not take, nothing is left to replay. */
export const forGate = (trouble: Trouble) =>
  isReplay(trouble.hint) ? new Trouble(trouble.code, trouble.exitCode, trouble.message, { hint: AGAIN }) : trouble;

const isReplay = (hint: Hint | undefined) =>
  typeof hint === 'object' && hint.some((part) => typeof part === 'object' && part.verb === 'replay');

export const movedMeanwhile = (ref: string, head: string | undefined) =>
  refused(
    'moved-meanwhile',
    `${branchOf(ref)} ${head === undefined ? 'was deleted' : `moved to ${short(head)}`} meanwhile`,
    `git pull --rebase doskara ${branchOf(ref)}, then push again`,
  );

export const gateHasNoDetach = ({ app, branch }: { app: string; branch: string }) =>
  usage(
    'gate-detach',
    `${app} has a gate: a push waits for its build, there is no -o detach`,
    `git push doskara HEAD:${escaped(branch)}`,
  );

export const pushedTwice = ({ branch }: { branch: string }) =>
  refused('pushed-twice', `${escaped(branch)} is in this push more than once: nothing was built`, 'push it once');
export const notACommit = ({ branch }: { branch: string }) =>
  refused('not-a-commit', `what is pushed to ${escaped(branch)} is not a commit: nothing was built`, 'push a commit');
export const historyMissing = ({ branch }: { branch: string }) =>
  refused(
    'history-missing',
    `git would not take this into ${escaped(branch)}, its history has holes (a shallow clone?): nothing was built`,
    'git fetch --unshallow, then push again',
  );
export const notFastForward = ({ branch }: { branch: string }) =>
  refused(
    'not-fast-forward',
    `git would not take this into ${escaped(branch)}, which never goes back (receive.denyNonFastForwards): nothing was built`,
    `git pull --rebase doskara ${escaped(branch)}, then push again`,
  );

export const gateNotLinked = (app: string) => [
  warning(`the gate of ${app} is set, but not in place: git has taken this push before it is built`),
  hint(['an admin on port: ', command('hook', 'install', app)]),
];

export const skipped = () => 'not built, as its pusher asked (-o skip)';
export const unknownOptions = (options: readonly string[]) =>
  `${some(options.slice(0, 3).map(shortened), options.length)} ${options.length === 1 ? 'is no push option' : 'are no push options'} here; there are detach, no-cache and skip`;
const shortened = (option: string) => (option.length > 100 ? `${option.slice(0, 100)}…` : option);
export const detached = (first: string) => `${first.replace(/^-----> /, '')}; it goes on alone, its log stays on port`;

export const cancelledBy = (who: string) =>
  new Trouble('cancelled', EXIT.cancelled, `the build was cancelled by ${escaped(who)}`, { hint: REPLAY });

export const noTurn = (app: string, seconds: number) =>
  factory('no-turn', `${app} did not come to its end within ${formatDuration(seconds * 1000)}`, [
    'what holds it up: ',
    command('builds', app),
  ]);

export const timedOut = (seconds: number) =>
  new Trouble('timeout', EXIT.cancelled, `the build took longer than ${formatDuration(seconds * 1000)}`, {
    hint: 'an admin can allow more on port: git config doskara.timeout 60m',
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
    `no runner of Doskara answers on ${destination}: ${firstLine(said)}`,
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

export const unpublished = (cause: Error) =>
  `the verdict could not be written to the repository: ${firstLine(cause.message)}`;
export const notesBroken = ({ app }: { app: string }): Hint => [
  'an admin on port: ',
  command('doctor'),
  ` tells what mends it (${app})`,
];
export const afterBuild = () => 'Running doskara.afterBuild';
export const afterBuildFailed = (how: number | string) =>
  `doskara.afterBuild failed (${typeof how === 'number' ? `status ${how}` : firstLine(how)}); the build stands as it is`;
export const afterBuildTimedOut = (limit: number) =>
  `doskara.afterBuild took longer than ${limit} s and was ended; the build stands as it is`;

/** The last line of a push that builds nothing. */
export const nothingBuilt = (app: string) => `warning: nothing was built, ${app} stays as it is`;

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
  new Trouble('terminated', EXIT.factory, 'the build was ended on port (SIGTERM)', {
    hint: ['nothing to do: ', command('reconcile'), ' builds it again'],
  });

export const previousHookFailed = (file: string, cause: Error) =>
  new Trouble('kept-hook', EXIT.usage, `the repository's own hook can't be run: ${cause.message}`, {
    cause,
    hint: `an admin on port: chmod +x ${file}, or remove it`,
  });

// The manual

export const noSuchTopic = (topic: string, near: readonly string[]) =>
  new Trouble('no-such-topic', EXIT.usage, `there is no help on ${JSON.stringify(escaped(topic))}`, {
    hint: [`${near.length > 0 ? `did you mean ${orList(near)}? ` : ''}to list all topics: `, command('help')],
  });
