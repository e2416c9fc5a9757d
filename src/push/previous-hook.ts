import { previousHook } from '../port/git/hook-files.ts';
import * as messages from '../port/messages/push.ts';
import type { HookInput } from './hook-input.ts';

/**
 * Runs the hook that ours replaced, if any, with git's own input and environment; its output goes straight to the pusher.
 * Resolves to whether it succeeded; rejects with exit code 2 if it cannot be started. `name`: git's name of the hook.
 */
export async function runPreviousHook({ stdin, folder, env }: HookInput, name: string): Promise<boolean> {
  const hook = previousHook(folder, name);
  if (hook === undefined) return true;
  const { exec } = await import('../exec.ts'); // few repositories have such a hook
  const { exitCode, reason } = await exec([hook], { cwd: folder, env, input: stdin, output: 'inherit' });
  if (exitCode === undefined && !reason.startsWith('SIG')) throw messages.previousHookFailed(hook, reason);
  return exitCode === 0;
}
