import { Trouble } from '../errors.ts';
import { chooseDress } from '../port/dress.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { asTrouble } from '../port/system-trouble.ts';
import { makeTerminal, type Terminal } from '../port/terminal.ts';
import * as words from '../port/words.ts';
import { printable } from '../printable.ts';
import { resolveAliases } from './aliases.ts';
import { buildDetached, DETACHED } from './detach.ts';
import { runKeptHook } from './kept-hook.ts';
import { readPushOptions } from './options.ts';
import { planPush } from './plan.ts';
import { nameOfPusher, type ReceivedPush } from './received-push.ts';
import { parseRefUpdates, type RefUpdate } from './ref-updates.ts';

/** Answers a push: builds the head of the build branch, and says what became of every other ref. */
export async function receivePush(push: ReceivedPush): Promise<void> {
  let terminal = makeTerminal(push.out, printable);
  try {
    if (push.env[DETACHED] === undefined) await runKeptHook(push, 'post-receive');
    const updates = parseRefUpdates(push.stdin);
    const repository = await openRepository(push.folder);
    terminal = makeTerminal(push.out, await chooseDress(repository.settings.color, false));
    await answer(await resolveAliases(repository, updates), { ...push, repository, terminal });
  } catch (thrown) {
    const error = asTrouble(thrown, push.folder);
    const lines = error instanceof Trouble ? words.troubleLines(error) : words.bugLines(error);
    for (const text of lines) terminal.show({ text, end: '\n' });
  } finally {
    await terminal.drain();
  }
}

interface Answer extends ReceivedPush {
  repository: Repository;
  terminal: Terminal;
}

async function answer(updates: RefUpdate[], { repository, terminal, env, folder, signal }: Answer): Promise<void> {
  const say = (text: string) => terminal.show({ text, end: '\n' });
  const { app, branch, gate } = repository.settings;
  const { build, sentences, hint } = planPush(updates, app, branch);
  const { detach, noCache, skip, unknown } = readPushOptions(env);
  for (const sentence of sentences) say(sentence);
  if (gate && build !== undefined) {
    const { tellLanded } = await import('./tell-landed.ts'); // what is not built costs next to nothing
    if (await tellLanded(repository, build.commit, terminal)) return;
  }
  if (unknown.length > 0) say(words.warning(words.unknownOptions(unknown)));
  if (hint !== undefined) say(words.hint(hint));
  if (build === undefined) return say(words.nothingBuilt(app));
  if (gate && !skip && env[DETACHED] === undefined) words.gateNotLinked(app).forEach(say);
  if (detach && env[DETACHED] === undefined) return say(words.detached(await buildDetached(build, folder, env)));

  const { buildCommit, skipCommit } = await import('./build.ts');
  const request = { ...build, repository, who: await nameOfPusher(env), why: 'push' } as const;
  if (skip) await skipCommit(request, terminal);
  else await buildCommit({ ...request, noCache, leavable: true, terminal, signal });
}
