import type { Writable } from 'node:stream';
import { badRefUpdate } from '../port/messages/repository.ts';
import type { Output } from '../port/output.ts';
import type { Repository } from '../port/repository.ts';

/** What git gives a hook: https://git-scm.com/docs/githooks#post-receive */
export interface HookInput {
  stdin: string;
  /** The bare repository. */
  folder: string;
  out: Writable;
  env: NodeJS.ProcessEnv;
  /** Aborts the build. */
  signal: AbortSignal;
}

/** With the repository that it goes to, and what its pusher reads. */
export interface OpenedPush extends HookInput {
  repository: Repository;
  output: Output;
}

/** The name of the ssh key (ours, gitolite's), the key itself, the web server's user, or the user that git runs as. */
export async function pusherName(env: NodeJS.ProcessEnv): Promise<string> {
  const { DOSKARA_PUSHER, GL_USER, REMOTE_USER, LOGNAME, USER } = env;
  return DOSKARA_PUSHER ?? GL_USER ?? (await usedKey(env)) ?? REMOTE_USER ?? LOGNAME ?? USER ?? 'unknown';
}

/** Imported only here: node:crypto is slow to load, and few hooks need it. */
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

/**
 * SHA-1 or SHA-256. Git checks the name of a ref only after pre-receive, and we read files of that name: as in git, no part
 * of it begins with a dot.
 */
const REF_UPDATE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs(?:\/(?!\.)[^/]+)+)$/;

export function parseRefUpdates(stdin: string): RefUpdate[] {
  return stdin.split('\n').filter(Boolean).map(parseLine);
}

function parseLine(line: string): RefUpdate {
  const [, before, after, ref] = REF_UPDATE.exec(line) ?? [];
  if (before === undefined || after === undefined || ref === undefined) throw badRefUpdate(line);
  return { old: objectId(before), new: objectId(after), ref };
}

/** git writes zeros where there is no object. */
function objectId(text: string): string | undefined {
  return /^0+$/.test(text) ? undefined : text;
}

/** What a pusher can ask for with `git push -o <option>`. */
export interface PushOptions {
  /** End the push at once; the build goes on in the background. */
  detach: boolean;
  /** Build without Docker's cache. */
  noCache: boolean;
  /** Accept the commit without building it. */
  skip: boolean;
  unknown: string[];
}

const KNOWN_OPTIONS = ['detach', 'no-cache', 'skip'];

/** git passes them to the hook as GIT_PUSH_OPTION_COUNT and GIT_PUSH_OPTION_0, _1, … (githooks(5)). */
export function readPushOptions(env: NodeJS.Dict<string>): PushOptions {
  const count = Number(env['GIT_PUSH_OPTION_COUNT']) || 0; // bounded by the size of the environment, 2 MB
  const options = Array.from({ length: count }, (_, i) => env[`GIT_PUSH_OPTION_${i}`] ?? '');
  return {
    detach: options.includes('detach'),
    noCache: options.includes('no-cache'),
    skip: options.includes('skip'),
    unknown: options.filter((option) => !KNOWN_OPTIONS.includes(option)),
  };
}
