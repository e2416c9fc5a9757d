import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { Trouble } from '../errors.ts';
import { chooseDress } from '../port/dress.ts';
import { keptHook } from '../port/hook-files.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { makeTerminal, type Terminal } from '../port/terminal.ts';
import * as words from '../port/words.ts';
import { printable } from '../printable.ts';
import { readUsedKey } from '../ssh-key.ts';
import { buildDetached, DETACHED } from './detach.ts';
import { readPushOptions } from './options.ts';
import { planPush } from './plan.ts';
import { parseRefUpdates, type RefUpdate } from './ref-updates.ts';

/** What git gives a hook: https://git-scm.com/docs/githooks#post-receive */
export interface ReceivedPush {
  stdin: string;
  /** The bare repository. */
  folder: string;
  out: Writable;
  env: NodeJS.ProcessEnv;
  /** Ends a build that runs. */
  signal: AbortSignal;
}

/** Answers a push: builds the head of the build branch, and says what became of every other ref. */
export async function receivePush(push: ReceivedPush): Promise<void> {
  let terminal = makeTerminal(push.out, printable);
  try {
    await runKeptHook(push);
    const updates = parseRefUpdates(push.stdin);
    const repository = await openRepository(push.folder);
    terminal = makeTerminal(push.out, await chooseDress(repository.settings.color, false));
    await answer(updates, { ...push, repository, terminal });
  } catch (error) {
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
  const { app, branch } = repository.settings;
  const { build, sentences, hint } = planPush(updates, app, branch);
  const { detach, noCache, skip, unknown } = readPushOptions(env);
  for (const sentence of sentences) say(sentence);
  if (unknown.length > 0) say(words.warning(words.unknownOptions(unknown)));
  if (hint !== undefined) say(words.hint(hint));
  if (build === undefined) return say(words.nothingBuilt(app));
  if (detach && env[DETACHED] === undefined) return say(words.detached(await buildDetached(build, folder, env)));

  const { buildCommit, skipCommit } = await import('./build.ts');
  const request = { ...build, repository, who: await pusher(env), why: 'push' } as const;
  if (skip) await skipCommit(request, terminal);
  else await buildCommit({ ...request, noCache, terminal, signal });
}

/** The name that came with the ssh key (ours, gitolite's), the key itself, the web server's user, or whom git runs as. */
async function pusher(env: NodeJS.ProcessEnv): Promise<string> {
  const { DOSKARA_PUSHER, GL_USER, REMOTE_USER, LOGNAME, USER } = env;
  return DOSKARA_PUSHER ?? GL_USER ?? (await readUsedKey(env)) ?? REMOTE_USER ?? LOGNAME ?? USER ?? 'unknown';
}

/** A hook that was there before ours runs first, with the same input, and speaks to the pusher itself. */
async function runKeptHook({ stdin, folder, env }: ReceivedPush): Promise<void> {
  const kept = keptHook(folder);
  if (kept === undefined || env[DETACHED] !== undefined) return;
  const hook = spawn(kept, { cwd: folder, env, stdio: ['pipe', 'inherit', 'inherit'] });
  hook.stdin.on('error', () => {}); // a hook need not read its input
  hook.stdin.end(stdin);
  await once(hook, 'exit').catch((error: Error) => {
    throw words.keptHookFailed(kept, error);
  });
}
