import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type ExecOutput, exec } from '../../exec.ts';

/** The commit of another repository in a tree. */
export interface Submodule {
  /** From the root of the app's repository. */
  path: string;
  commit: string;
  /** As resolved. */
  url: string;
}

/** Of one fetch; the build's own limit ends it earlier. */
const TIMEOUT_MS = 10 * 60_000;
/** Of a file that git writes: a pack. */
const MAX_PACK_BYTES = 2 * 1024 ** 3;

/**
 * Nothing but https and ssh, and no redirection: another host may answer only where an admin allows it. Objects are
 * checked as those of a push are.
 */
const LIMITS = {
  'protocol.allow': 'never',
  'protocol.https.allow': 'always',
  'protocol.ssh.allow': 'always',
  'http.followRedirects': 'false',
  'transfer.fsckObjects': 'true',
  'fetch.unpackLimit': '1',
};

/** Why a commit is not there. */
export interface FetchFailure {
  /** As git says it; empty if it fetched, and the commit was not among what it got. */
  reason: string;
  /** Nobody answered, or not to the end: it may work later. */
  unreachable: boolean;
}

/**
 * Fetches a submodule's commit with the credentials of this user's git: alone, or, where the server does not give single
 * commits, all branches and tags. Resolves to why it may have failed; the caller looks whether the commit is there.
 */
export async function fetchCommit(
  env: NodeJS.ProcessEnv,
  { url, commit }: Submodule,
  signal: AbortSignal | undefined,
): Promise<FetchFailure> {
  const fetch = async (...what: string[]) => {
    const limits = Object.entries(LIMITS).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const result = await exec(['prlimit', `--fsize=${MAX_PACK_BYTES}`, 'git', ...limits, 'fetch', ...QUIET, ...what], {
      env: { ...env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'never' },
      detached: true, // without a terminal, ssh asks nobody for a password
      dieWithParent: true,
      timeoutMs: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    return result;
  };
  const alone = describe(await fetch('--depth=1', '--', url, `+${commit}:refs/submodules/${commit}`), url);
  if (alone.reason === '' || alone.unreachable) return alone;
  const place = `refs/remotes/${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
  return describe(await fetch('--', url, `+refs/heads/*:${place}/heads/*`, `+refs/tags/*:${place}/tags/*`), url);
}

/** From a repository of ours, if it has the commit. */
export async function copyCommit(
  env: NodeJS.ProcessEnv,
  from: string,
  { commit }: Submodule,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = ['--depth=1', '--', from, `+${commit}:refs/submodules/${commit}`];
  const stop = signal === undefined ? {} : { signal };
  if (existsSync(from)) await exec(['git', 'fetch', ...QUIET, ...what], { env, dieWithParent: true, ...stop });
  signal?.throwIfAborted();
}

const QUIET = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--no-auto-maintenance'];

function describe({ failed, exitCode, reason, stderr }: ExecOutput, url: string): FetchFailure {
  if (!failed) return { reason: '', unreachable: false };
  const isLate = exitCode === undefined && reason.startsWith('no answer');
  return isLate ? { reason, unreachable: true } : describeFailure(stderr, url, reason);
}

/** What ssh and curl say, in the C locale, of a host that cannot be reached, or whose key or certificate is not trusted. */
const UNREACHABLE =
  /could not resolve|failed to connect|couldn't connect|could not connect|connection (?:refused|reset|timed out|closed)|timed out|timeout was reached|unreachable|no route to host|too slow|requested URL returned error: (?:429|5\d\d)|empty reply|early EOF|unexpected disconnect|RPC failed; curl|SSL|TLS|certificate|host key verification failed|banner exchange|kex_exchange/i;

/** `otherwise`: the reason, if git did not say one. */
export function describeFailure(stderr: string, url: string, otherwise: string): FetchFailure {
  // a server's own words, and a path, could be those of a network
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:remote:|fatal: remote error:|warning:)/i.test(line));
  const fatal = lines.findIndex((line) => line.startsWith('fatal: '));
  // of ssh, git only says that it failed
  const why = fatal > 0 && /Could not read from remote repository/.test(lines[fatal] ?? '') ? fatal - 1 : fatal;
  return {
    reason: lines.at(why) ?? (lastLine(stderr) || otherwise),
    unreachable: lines.some((line) => UNREACHABLE.test(line.replaceAll(url, ''))),
  };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
