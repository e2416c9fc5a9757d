import { branchIn } from '../port/branch-patterns.ts';
import { openBranch } from '../port/branches.ts';
import { chooseColors } from '../port/colors.ts';
import { resolveSymbolicUpdates } from '../port/git/symbolic-refs.ts';
import { builtLater } from '../port/messages/branches.ts';
import { gateNotLinked } from '../port/messages/gate.ts';
import * as messages from '../port/messages/push.ts';
import { branchOf, hint, warning } from '../port/messages/text.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { buildDetached, DETACHED } from './detach.ts';
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
import { type PushPlan, planPush } from './plan.ts';
import { runPreviousHook } from './previous-hook.ts';

/** Builds the heads of the branches that are built, and reports what was done with every other ref. */
export async function receivePush(push: HookInput): Promise<void> {
  let output = makeHookOutput(push);
  try {
    if (push.env[DETACHED] === undefined) await runPreviousHook(push, 'post-receive');
    const updates = parseRefUpdates(push.stdin);
    const repository = await openRepository(push.folder);
    output = makeHookOutput(push, await chooseColors(repository.settings.color, false));
    await handleUpdates(await resolveSymbolicUpdates(repository, updates), { ...push, repository, output });
  } catch (thrown) {
    showFailure(thrown, push, output);
  } finally {
    await output.drain();
  }
}

async function handleUpdates(updates: RefUpdate[], push: OpenedPush): Promise<void> {
  const { repository, output, env, folder } = push;
  const print = (text: string) => output.show({ text, end: '\n' });
  const { app, branches, gate } = repository.settings;
  const { builds, deleted, sentences, hint: nextStep } = planPush(updates, app, branches);
  const options = readPushOptions(env);
  for (const sentence of sentences) print(sentence);
  if (deleted.length > 0) {
    const { forgetBranch } = await import('../port/git/verdict-refs.ts');
    for (const branch of deleted) await forgetBranch(repository, branch);
  }
  if (gate && (await finishGated(builds, push))) return;
  if (options.unknown.length > 0) print(warning(messages.unknownOptions(options.unknown)));
  if (nextStep !== undefined) print(hint(nextStep));
  if (builds.length === 0) return print(messages.nothingBuilt(app));
  if (gate && !options.skip && env[DETACHED] === undefined) gateNotLinked(app, output.typed).forEach(print);
  if (options.detach && env[DETACHED] === undefined)
    return print(messages.detached(await buildDetached(builds, folder, env), builds.length - 1));
  await buildAll(builds, options, push);
}

/** The gate takes one branch at a time. */
async function finishGated([build]: PushPlan['builds'], { repository, output }: OpenedPush): Promise<boolean> {
  if (build === undefined) return false;
  const { finishGatedBuild } = await import('../builds/gated-build.ts'); // a push without a build stays fast
  return finishGatedBuild(await openRef(repository, build.ref), build.commit, output);
}

/** One after the other: their output would be mixed up, and the factory builds one of an app at a time anyway. */
async function buildAll(builds: PushPlan['builds'], { skip, noCache }: PushOptions, push: OpenedPush): Promise<void> {
  const { repository, output, env, signal } = push;
  const { buildCommit, skipCommit } = await import('../builds/build.ts');
  const who = await pusherName(env);
  const left = [...builds];
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const request = { ...next, repository: await openRef(repository, next.ref), who, why: 'push' } as const;
    if (skip) await skipCommit(request, output);
    else await buildCommit({ ...request, noCache, outlivesTerminal: true, output, signal });
    if (!signal.aborted || left.length === 0) continue;
    return output.show({ text: warning(builtLater(left.map(({ ref }) => branchOf(ref)))), end: '\n' });
  }
}

const openRef = (repository: Repository, ref: string) => openBranch(repository, branchIn(ref) ?? '');
