import { isGated } from '../settings.ts';
import { readGitConfig } from './config.ts';
import { openGit } from './git.ts';
import { type HookState, installHook, isOurs, readHookState, removeHook } from './hook-files.ts';
import { restoreReceive } from './receive-config.ts';

/** Paths of the installed hooks: `post-receive` for every repository, `pre-receive` for those with the gate. */
export interface Hooks {
  hook: string;
  gate: string;
}

/** `not linked`: doskara.gate is on, but its hook is missing. `not set`: the reverse. */
export type GateState = 'on' | 'off' | 'not linked' | 'not set';

export interface HooksState {
  state: HookState;
  gate: GateState;
}

export async function readHooks(repository: string, { hook, gate }: Hooks): Promise<HooksState> {
  const [state, gateState] = await Promise.all([readHookState(repository, hook), readHookState(repository, gate)]);
  const isLinked = isOurs(gateState);
  const isSet = isOurs(state) && (await readGate(repository));
  if (isLinked) return { state, gate: isSet ? 'on' : 'not set' };
  return { state, gate: isSet ? 'not linked' : 'off' };
}

/** Links the hooks that the settings ask for, and removes the others. Idempotent. */
export async function installHooks(repository: string, hooks: Hooks): Promise<HooksState> {
  await installHook(repository, hooks.hook);
  if (await readGate(repository)) await installHook(repository, hooks.gate);
  else await removeHook(repository, hooks.gate);
  return readHooks(repository, hooks);
}

/** The gate first, so that post-receive reports on every gated build; then what `installHooks` added to the configuration. */
export async function removeHooks(repository: string, hooks: Hooks): Promise<HooksState> {
  await removeHook(repository, hooks.gate);
  await removeHook(repository, hooks.hook);
  await restoreReceive(repository);
  return readHooks(repository, hooks);
}

async function readGate(repository: string): Promise<boolean> {
  return isGated(await readGitConfig(openGit(repository), repository));
}
