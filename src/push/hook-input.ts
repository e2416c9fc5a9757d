import type { Writable } from 'node:stream';
import { badRefUpdate } from '../port/messages/repository.ts';

/** What git gives a hook: https://git-scm.com/docs/githooks#post-receive */
export interface HookInput {
  stdin: string;
  /** The bare repository. */
  folder: string;
  out: Writable;
  env: NodeJS.ProcessEnv;
  /** Ends a build that runs. */
  signal: AbortSignal;
}

/** The name that came with the ssh key (ours, gitolite's), the key itself, the web server's user, or whom git runs as. */
export async function pusherName(env: NodeJS.ProcessEnv): Promise<string> {
  const { DOSKARA_PUSHER, GL_USER, REMOTE_USER, LOGNAME, USER } = env;
  return DOSKARA_PUSHER ?? GL_USER ?? (await usedKey(env)) ?? REMOTE_USER ?? LOGNAME ?? USER ?? 'unknown';
}

/** Few hooks come to this, and node:crypto takes its time to load. */
async function usedKey(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { readUsedKey } = await import('../ssh-key.ts');
  return readUsedKey(env);
}

/** One line of a hook's standard input: `old new ref`; see githooks(5), post-receive. */
export interface RefUpdate {
  /** undefined: the ref is new. */
  old: string | undefined;
  /** undefined: the ref was deleted. */
  new: string | undefined;
  ref: string;
}

/** SHA-1 or SHA-256. Git lets U+2028 be in a ref, which `.` takes for a line's end without the flag. */
const LINE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/.+)$/s;

export function parseRefUpdates(stdin: string): RefUpdate[] {
  return stdin.split('\n').filter(Boolean).map(parseLine);
}

function parseLine(line: string): RefUpdate {
  const [, before, after, ref] = LINE.exec(line) ?? [];
  if (before === undefined || after === undefined || ref === undefined) throw badRefUpdate(line);
  return { old: objectId(before), new: objectId(after), ref };
}

/** git writes zeros where there is no object. */
function objectId(text: string): string | undefined {
  return /^0+$/.test(text) ? undefined : text;
}

/** What a pusher can ask for with `git push -o <option>`. */
export interface PushOptions {
  /** Let the build go on alone, and end the push. */
  detach: boolean;
  /** Build every step anew. */
  noCache: boolean;
  /** Take the commit without building it. */
  skip: boolean;
  /** What is none of these. */
  unknown: string[];
}

const KNOWN = ['detach', 'no-cache', 'skip'];

/** git passes them to the hook as GIT_PUSH_OPTION_COUNT and GIT_PUSH_OPTION_0, _1, … (githooks(5)). */
export function readPushOptions(env: NodeJS.Dict<string>): PushOptions {
  const count = Number(env['GIT_PUSH_OPTION_COUNT']) || 0; // no more than an environment holds: 2 MB
  const options = Array.from({ length: count }, (_, i) => env[`GIT_PUSH_OPTION_${i}`] ?? '');
  return {
    detach: options.includes('detach'),
    noCache: options.includes('no-cache'),
    skip: options.includes('skip'),
    unknown: options.filter((option) => !KNOWN.includes(option)),
  };
}
