import { anySignal } from '../builds/deadline.ts';
import type { CommitRequest, Gate } from '../builds/request.ts';
import type { Lock } from '../lock.ts';
import { branchIn, isBuiltBranch } from '../port/branch-patterns.ts';
import { openBranch } from '../port/branches.ts';
import { chooseColors } from '../port/colors.ts';
import { ask } from '../port/git/git.ts';
import { readQuarantine } from '../port/git/quarantine.ts';
import { resolveSymbolicUpdates } from '../port/git/symbolic-refs.ts';
import { severalBranches } from '../port/messages/branches.ts';
import * as messages from '../port/messages/gate.ts';
import { unknownOptions } from '../port/messages/push.ts';
import { branchOf, warning } from '../port/messages/text.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { readStat } from '../proc-stat.ts';
import { detectDisconnect } from './detect-disconnect.ts';
import {
  type HookInput,
  type OpenedPush,
  type PushOptions,
  parseRefUpdates,
  pusherName,
  type RefUpdate,
  readPushOptions,
} from './hook-input.ts';
import { makeHookOutput, showFailure } from './hook-output.ts';
import { holdUntilLanded } from './landing.ts';
import { runPreviousHook } from './previous-hook.ts';

/**
 * Returns whether git may accept a push. With `doskara.gate`, it may once the head of the branch is built and its image
 * is in the warehouse, or if the push touches no branch that is built.
 */
export async function gatePush(push: HookInput): Promise<boolean> {
  let output = makeHookOutput(push);
  try {
    if (!(await runPreviousHook(push, 'pre-receive'))) return false;
    const repository = await openRepository(push.folder, readQuarantine(push.env));
    if (!repository.settings.gate) return true;
    output = makeHookOutput(push, await chooseColors(repository.settings.color, false));
    return await checkPush({ ...push, repository, output });
  } catch (thrown) {
    showFailure(thrown, push, output);
    return false;
  } finally {
    await output.drain();
  }
}

async function checkPush(push: OpenedPush): Promise<boolean> {
  const { repository, stdin, env, folder } = push;
  const asked = parseRefUpdates(stdin);
  const updates = await resolveSymbolicUpdates(repository, asked);
  const [target, ...more] = updates.filter(({ ref }) =>
    isBuiltBranch(repository.settings.branches, branchIn(ref) ?? ''),
  );
  if (target === undefined) return true; // the post-receive hook reports it
  const opened = await openBranch(repository, branchIn(target.ref) ?? '');
  const { settings } = opened;
  if (more.some((each) => each.ref === target.ref)) throw messages.pushedTwice(settings); // git would apply both in order
  if (more.length > 0) throw severalBranches([target, ...more].map((each) => branchOf(each.ref)));
  const options = readPushOptions(env);
  const { ref, old, new: commit } = target;
  const isBuilt = commit !== undefined && !options.skip;
  if (isBuilt && options.detach) throw messages.gateHasNoDetach(settings);
  const receivePack = await readStat(process.ppid);
  if (receivePack === undefined) return false;
  const { pid, pidStart } = receivePack;
  const hold = (lock: Lock) =>
    holdUntilLanded(lock, { ref, commit: commit ?? null, receivePack: { pid, pidStart } }, folder, env);
  if (!isBuilt) return moveWithoutBuild(opened, hold);

  await checkGitWillAccept(opened, asked, commit);
  const request = { repository: opened, commit, ref, who: await pusherName(env), why: 'push' } as const;
  return buildBehindGate(request, { receivePack: { pid, pidStart }, old, onPassed: hold }, options, push);
}

/** Git would reject a gated push, after its build, if another one had moved the branch meanwhile. */
async function moveWithoutBuild(
  { lockFile, settings }: Repository,
  hold: (lock: Lock) => Promise<void>,
): Promise<boolean> {
  const { tryLock } = await import('../lock.ts');
  await using lock = await tryLock(lockFile);
  if (lock === undefined) throw messages.branchHeld(settings);
  await hold(lock);
  return true;
}

/**
 * Throws a Trouble if git would reject the push after the hook has accepted it. Building it would leave an image of a
 * commit that never becomes the head. With `git push --atomic`, one ref is enough for that.
 */
async function checkGitWillAccept(
  repository: Repository,
  updates: readonly RefUpdate[],
  commit: string,
): Promise<void> {
  const { git, settings } = repository;
  const { checkGitAccepts } = await import('../port/git/try-updates.ts');
  await checkGitAccepts(repository, updates);
  const isWhole = await git('rev-list', '--quiet', commit, '--not', '--all').then(
    () => true,
    () => false,
  );
  if (isWhole) return;
  const shallow = await ask(git, 'config', '--type=bool', '--get', 'receive.shallowUpdate');
  if (shallow?.trim() !== 'true') throw messages.historyMissing(settings);
}

async function buildBehindGate(
  request: CommitRequest,
  gate: Gate,
  { unknown, noCache }: PushOptions,
  { output, signal, env }: OpenedPush,
): Promise<boolean> {
  if (unknown.length > 0) output.show({ text: warning(unknownOptions(unknown)), end: '\n' });
  const left = messages.pusherLeft(request.ref, gate.old);
  const disconnected = await detectDisconnect(gate.receivePack, env['SSH_CONNECTION'], left);
  const { buildCommit } = await import('../builds/build.ts');
  const { outcome } = await buildCommit({
    ...request,
    gate,
    noCache,
    outlivesTerminal: false,
    output,
    signal: anySignal(signal, disconnected),
  });
  return outcome === 'built';
}
