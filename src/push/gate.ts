import { Trouble } from '../errors.ts';
import { chooseDress } from '../port/dress.ts';
import { readQuarantine } from '../port/quarantine.ts';
import { openRepository, type Repository } from '../port/repository.ts';
import { asTrouble } from '../port/system-trouble.ts';
import { makeTerminal, type Terminal } from '../port/terminal.ts';
import * as words from '../port/words.ts';
import { printable } from '../printable.ts';
import { readStat } from '../process.ts';
import { checkAcceptable } from './acceptable.ts';
import { resolveAliases } from './aliases.ts';
import { joinSignals } from './join.ts';
import { runKeptHook } from './kept-hook.ts';
import { type PushOptions, readPushOptions } from './options.ts';
import { planPush } from './plan.ts';
import { watchPusher } from './pusher-watch.ts';
import { nameOfPusher, type ReceivedPush } from './received-push.ts';
import { parseRefUpdates, type RefUpdate } from './ref-updates.ts';
import type { CommitRequest } from './request.ts';

/**
 * Answers a push before git takes it; resolves with whether git may. Where `doskara.gate` is set, that is when the head
 * of the build branch is an image in the warehouse, or isn't pushed at all.
 */
export async function gatePush(push: ReceivedPush): Promise<boolean> {
  let terminal = makeTerminal(push.out, printable);
  try {
    if (!(await runKeptHook(push, 'pre-receive'))) return false;
    const repository = await openRepository(push.folder, readQuarantine(push.env));
    if (!repository.settings.gate) return true;
    terminal = makeTerminal(push.out, await chooseDress(repository.settings.color, false));
    const updates = await resolveAliases(repository, parseRefUpdates(push.stdin));
    return await judge(updates, { ...push, repository, terminal });
  } catch (thrown) {
    const error = asTrouble(thrown, push.folder);
    const lines = error instanceof Trouble ? words.troubleLines(error) : words.bugLines(error);
    for (const text of lines) terminal.show({ text, end: '\n' });
    return false;
  } finally {
    await terminal.drain();
  }
}

interface Judgement extends ReceivedPush {
  repository: Repository;
  terminal: Terminal;
}

async function judge(updates: RefUpdate[], { repository, terminal, env, signal }: Judgement): Promise<boolean> {
  const { app, branch } = repository.settings;
  const [target, again] = updates.filter(({ ref }) => ref === `refs/heads/${branch}`);
  if (again !== undefined) throw words.pushedTwice(repository.settings); // git would take one after the other
  const { build } = planPush(updates, app, branch);
  const options = readPushOptions(env);
  if (build === undefined || options.skip) return true; // the post-receive hook speaks of it
  if (options.detach) throw words.gateHasNoDetach(repository.settings);
  const old = target?.old;
  await checkAcceptable(repository, build.commit, old);
  const request = { ...build, repository, who: await nameOfPusher(env), why: 'push' } as const;
  return buildBehindGate({ request, old, options, terminal, signal, sshConnection: env['SSH_CONNECTION'] });
}

interface GatedBuild {
  request: CommitRequest;
  old: string | undefined;
  options: PushOptions;
  terminal: Terminal;
  signal: AbortSignal;
  sshConnection: string | undefined;
}

async function buildBehindGate({
  request,
  old,
  options,
  terminal,
  signal,
  sshConnection,
}: GatedBuild): Promise<boolean> {
  const { unknown, noCache } = options;
  if (unknown.length > 0) terminal.show({ text: words.warning(words.unknownOptions(unknown)), end: '\n' });
  const receivePack = await readStat(process.ppid);
  if (receivePack === undefined) return false;
  const { pid, pidStart } = receivePack;
  const left = await watchPusher(receivePack, sshConnection, words.pusherLeft(request.ref, old));
  const { buildCommit } = await import('./build.ts');
  const { outcome } = await buildCommit({
    ...request,
    gate: { receivePack: { pid, pidStart }, old },
    noCache,
    leavable: false,
    terminal,
    signal: joinSignals(signal, left),
  });
  return outcome === 'built';
}
