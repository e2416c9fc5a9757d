import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { previousHook } from '../port/git/hook-files.ts';
import * as messages from '../port/messages.ts';
import type { HookInput } from './hook-input.ts';

/**
 * A hook that was there before ours runs first, with the same input and git's own environment, and speaks to the pusher
 * itself. Resolves with whether it ended well. `name`: git's name of the hook.
 */
export async function runPreviousHook({ stdin, folder, env }: HookInput, name: string): Promise<boolean> {
  const kept = previousHook(folder, name);
  if (kept === undefined) return true;
  const hook = spawn(kept, { cwd: folder, env, stdio: ['pipe', 'inherit', 'inherit'] });
  hook.stdin.on('error', () => {}); // a hook need not read its input
  hook.stdin.end(stdin);
  const [status] = await once(hook, 'exit').catch((error: Error) => {
    throw messages.previousHookFailed(kept, error);
  });
  return status === 0;
}
