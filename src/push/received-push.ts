import type { Writable } from 'node:stream';

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

/** The name that came with the ssh key (ours, gitolite's), the key itself, the web server's user, or whom git runs as. */
export async function nameOfPusher(env: NodeJS.ProcessEnv): Promise<string> {
  const { DOSKARA_PUSHER, GL_USER, REMOTE_USER, LOGNAME, USER } = env;
  return DOSKARA_PUSHER ?? GL_USER ?? (await usedKey(env)) ?? REMOTE_USER ?? LOGNAME ?? USER ?? 'unknown';
}

/** Few hooks come to this, and node:crypto takes its time to load. */
async function usedKey(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { readUsedKey } = await import('../ssh-key.ts');
  return readUsedKey(env);
}
