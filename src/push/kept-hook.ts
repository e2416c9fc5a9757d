import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { keptHook } from '../port/hook-files.ts';
import * as words from '../port/words.ts';
import type { ReceivedPush } from './received-push.ts';

/**
 * A hook that was there before ours runs first, with the same input and git's own environment, and speaks to the pusher
 * itself. Resolves with whether it ended well. `name`: git's name of the hook.
 */
export async function runKeptHook({ stdin, folder, env }: ReceivedPush, name: string): Promise<boolean> {
  const kept = keptHook(folder, name);
  if (kept === undefined) return true;
  const hook = spawn(kept, { cwd: folder, env, stdio: ['pipe', 'inherit', 'inherit'] });
  hook.stdin.on('error', () => {}); // a hook need not read its input
  hook.stdin.end(stdin);
  const [status] = await once(hook, 'exit').catch((error: Error) => {
    throw words.keptHookFailed(kept, error);
  });
  return status === 0;
}
