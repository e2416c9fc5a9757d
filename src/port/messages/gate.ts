/** What port says about a gate, and a push that waits for its build. */
import { command, type Hint, Trouble } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { escaped } from '../../printable.ts';
import type { BuildRecord } from '../build-record.ts';
import { type AskedBranch, branchArgs, branchOf, firstLine, hint, refused, short, usage, warning } from './text.ts';

/** The line before the verdict on a build that does not open the gate. */
export const rejected = (ref: string, old: string | undefined) =>
  `error: push rejected: no ref was updated (${stays(ref, old)})`;

const stays = (ref: string, old: string | undefined) =>
  `${branchOf(ref)} ${old === undefined ? 'was not created' : `is still at ${short(old)}`}`;

export const pusherLeft = (ref: string, old: string | undefined) =>
  new Trouble('pusher-left', EXIT.cancelled, `the pusher disconnected: ${stays(ref, old)}`, { hint: AGAIN });

export const pusherStalled = (ref: string, old: string | undefined) =>
  new Trouble('pusher-deaf', EXIT.cancelled, `the pusher stopped reading: ${stays(ref, old)}`, { hint: AGAIN });

export const restoringLatest = ({ commit, number, tag }: BuildRecord) =>
  `The warehouse may have this image already; restoring ${short(commit)} (build ${number}) as ${tag}`;

export const notRestored = ({ app, tag }: BuildRecord, reason: string) =>
  `${tag} may be the image of the rejected commit: ${reason}; doskara reconcile ${app} fixes that`;

export const nothingToRestore = ({ app, tag }: BuildRecord) =>
  `${tag} may be the image of the rejected commit; ${app} has no other image yet`;

export const strayLatest = ({ commit, number, tag }: BuildRecord) =>
  `${tag} may be the image of ${short(commit)} (build ${number}), which git rejected`;

export const alreadyRestored = (app: string) => `the latest image of ${app} was already restored`;
const AGAIN = 'push again';

/** After a push that git did not accept, there is no commit to build again. */
export const forGate = (trouble: Trouble) =>
  isReplay(trouble.hint) || trouble.code === 'terminated'
    ? new Trouble(trouble.code, trouble.exitCode, trouble.message, { hint: AGAIN })
    : trouble;

const isReplay = (hint: Hint | undefined) =>
  Array.isArray(hint) && hint.some((part) => typeof part === 'object' && part.verb === 'replay');

export const movedDuringBuild = (ref: string, head: string | undefined) =>
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

export const historyMissing = ({ branch }: { branch: string }) =>
  refused(
    'history-missing',
    `git would reject this push to ${escaped(branch)}: its history is incomplete (a shallow clone?); nothing was built`,
    'git fetch --unshallow, then push again',
  );

export const notFastForward = (ref: string) =>
  refused(
    'not-fast-forward',
    `git would reject this push to ${branchOf(ref)}: not a fast-forward (receive.denyNonFastForwards); nothing was built`,
    `git pull --rebase doskara ${branchOf(ref)}, then push again`,
  );

/** `setting`: git's, which forbids it. */
export const deletionDenied = (ref: string, setting: string) =>
  refused(
    'deletion-denied',
    `git would refuse to delete ${branchOf(ref)} (${setting}); nothing was built`,
    'push the other refs without it',
  );

export const updateRejected = (reason: string) =>
  refused(
    'update-rejected',
    `git would reject this push: ${firstLine(reason)}; nothing was built`,
    'push the other refs without that one',
  );

/** For a push that moves the branch without a build. */
export const branchHeld = (asked: AskedBranch) =>
  refused('branch-held', `${escaped(asked.branch)} cannot move while a build of ${asked.app} runs`, [
    'push again when it has ended; to cancel it: ',
    command('cancel', asked.app, ...branchArgs(asked)),
  ]);

export const gateNotLinked = (app: string, typed: (hint: Hint) => string) => [
  warning(`the gate of ${app} is on, but its hook is not installed: git accepted this push before it was built`),
  hint(typed(['to fix it: ', command('hook', 'install', app)])),
];
