import type { Writable } from 'node:stream';
import { readUsedKey } from '../ssh-key.ts';

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
  return DOSKARA_PUSHER ?? GL_USER ?? (await readUsedKey(env)) ?? REMOTE_USER ?? LOGNAME ?? USER ?? 'unknown';
}
