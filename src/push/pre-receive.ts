import { anySignal } from '../builds/deadline.ts';
import type { CommitRequest } from '../builds/request.ts';
import { blameless, Trouble } from '../errors.ts';
import { chooseColors } from '../port/colors.ts';
import { ask } from '../port/git/git.ts';
import { readQuarantine } from '../port/git/quarantine.ts';
import { resolveSymbolicUpdates } from '../port/git/symbolic-refs.ts';
import * as messages from '../port/messages/gate.ts';
import { unknownOptions } from '../port/messages/push.ts';
import { bugLines, troubleLines, warning } from '../port/messages/text.ts';
import { makeOutput, type Output } from '../port/output.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { asTrouble } from '../port/system-errors.ts';
import { printable } from '../printable.ts';
import { readStat } from '../proc-stat.ts';
import { hintForPusher } from '../pusher-hint.ts';
import { detectDisconnect } from './detect-disconnect.ts';
import {
  type HookInput,
  type PushOptions,
  parseRefUpdates,
  pusherName,
  type RefUpdate,
  readPushOptions,
} from './hook-input.ts';
import { planPush } from './plan.ts';
import { runPreviousHook } from './previous-hook.ts';

/**
 * Returns whether git may accept a push. With `doskara.gate`, it may once the head of the build branch is built and its
 * image is in the warehouse, or if the push does not touch that branch.
 */
export async function gatePush(push: HookInput): Promise<boolean> {
  let output = makeOutput(push.out, printable, hintForPusher);
  try {
    if (!(await runPreviousHook(push, 'pre-receive'))) return false;
    const repository = await openRepository(push.folder, readQuarantine(push.env));
    if (!repository.settings.gate) return true;
    output = makeOutput(push.out, await chooseColors(repository.settings.color, false), hintForPusher);
    const updates = await resolveSymbolicUpdates(repository, parseRefUpdates(push.stdin));
    return await checkPush(updates, { ...push, repository, output });
  } catch (thrown) {
    const error = blameless(asTrouble(thrown, push.folder));
    const lines = error instanceof Trouble ? troubleLines(error, output.typed) : bugLines(error);
    for (const text of lines) output.show({ text, end: '\n' });
    return false;
  } finally {
    await output.drain();
  }
}

interface Push extends HookInput {
  repository: Repository;
  output: Output;
}

async function checkPush(updates: RefUpdate[], { repository, output, env, signal }: Push): Promise<boolean> {
  const { app, branch } = repository.settings;
  const [target, again] = updates.filter(({ ref }) => ref === `refs/heads/${branch}`);
  if (again !== undefined) throw messages.pushedTwice(repository.settings); // git would apply both in order
  const { build } = planPush(updates, app, branch);
  const options = readPushOptions(env);
  if (build === undefined || options.skip) return true; // the post-receive hook reports it
  if (options.detach) throw messages.gateHasNoDetach(repository.settings);
  const old = target?.old;
  await checkGitWillAccept(repository, build.commit, old);
  const request = { ...build, repository, who: await pusherName(env), why: 'push' } as const;
  return buildBehindGate({ request, old, options, output, signal, sshConnection: env['SSH_CONNECTION'] });
}

/**
 * Throws a Trouble for a new head that git would reject after the hook has accepted it. Building it would leave an
 * image of a commit that never becomes the head.
 */
async function checkGitWillAccept(repository: Repository, commit: string, old: string | undefined): Promise<void> {
  const { git, settings } = repository;
  const isEnabled = async (key: string) => (await ask(git, 'config', '--type=bool', '--get', key))?.trim() === 'true';
  const succeeds = (...args: string[]) =>
    git(...args).then(
      () => true,
      () => false,
    );

  if (!(await succeeds('cat-file', 'commit', commit))) throw messages.notACommit(settings);
  if (!(await succeeds('rev-list', '--quiet', commit, '--not', '--all')) && !(await isEnabled('receive.shallowUpdate')))
    throw messages.historyMissing(settings);
  if (old === undefined || !(await isEnabled('receive.denyNonFastForwards'))) return;
  if (!(await succeeds('merge-base', '--is-ancestor', old, commit))) throw messages.notFastForward(settings);
}

interface GatedBuild {
  request: CommitRequest;
  old: string | undefined;
  options: PushOptions;
  output: Output;
  signal: AbortSignal;
  sshConnection: string | undefined;
}

async function buildBehindGate({ request, old, options, output, signal, sshConnection }: GatedBuild): Promise<boolean> {
  const { unknown, noCache } = options;
  if (unknown.length > 0) output.show({ text: warning(unknownOptions(unknown)), end: '\n' });
  const receivePack = await readStat(process.ppid);
  if (receivePack === undefined) return false;
  const { pid, pidStart } = receivePack;
  const disconnected = await detectDisconnect(receivePack, sshConnection, messages.pusherLeft(request.ref, old));
  const { buildCommit } = await import('../builds/build.ts');
  const { outcome } = await buildCommit({
    ...request,
    gate: { receivePack: { pid, pidStart }, old },
    noCache,
    outlivesTerminal: false,
    output,
    signal: anySignal(signal, disconnected),
  });
  return outcome === 'built';
}
