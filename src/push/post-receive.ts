import { chooseColors } from '../port/colors.ts';
import { resolveSymbolicUpdates } from '../port/git/symbolic-refs.ts';
import { gateNotLinked } from '../port/messages/gate.ts';
import * as messages from '../port/messages/push.ts';
import { hint, warning } from '../port/messages/text.ts';
import type { Output } from '../port/output.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { buildDetached, DETACHED } from './detach.ts';
import { type HookInput, parseRefUpdates, pusherName, type RefUpdate, readPushOptions } from './hook-input.ts';
import { makeHookOutput, showFailure } from './hook-output.ts';
import { planPush } from './plan.ts';
import { runPreviousHook } from './previous-hook.ts';

/** Builds the head of the build branch, and reports what was done with every other ref. */
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

interface Push extends HookInput {
  repository: Repository;
  output: Output;
}

async function handleUpdates(updates: RefUpdate[], { repository, output, env, folder, signal }: Push): Promise<void> {
  const print = (text: string) => output.show({ text, end: '\n' });
  const { app, branch, gate } = repository.settings;
  const { build, sentences, hint: nextStep } = planPush(updates, app, branch);
  const { detach, noCache, skip, unknown } = readPushOptions(env);
  for (const sentence of sentences) print(sentence);
  if (gate && build !== undefined) {
    const { finishGatedBuild } = await import('../builds/gated-build.ts'); // a push without a build stays fast
    if (await finishGatedBuild(repository, build.commit, output)) return;
  }
  if (unknown.length > 0) print(warning(messages.unknownOptions(unknown)));
  if (nextStep !== undefined) print(hint(nextStep));
  if (build === undefined) return print(messages.nothingBuilt(app));
  if (gate && !skip && env[DETACHED] === undefined) gateNotLinked(app, output.typed).forEach(print);
  if (detach && env[DETACHED] === undefined) return print(messages.detached(await buildDetached(build, folder, env)));

  const { buildCommit, skipCommit } = await import('../builds/build.ts');
  const request = { ...build, repository, who: await pusherName(env), why: 'push' } as const;
  if (skip) await skipCommit(request, output);
  else await buildCommit({ ...request, noCache, outlivesTerminal: true, output, signal });
}
