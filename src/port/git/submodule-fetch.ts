import { createHash } from 'node:crypto';
import { exec } from '../../exec.ts';

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

/**
 * Fetches a submodule's commit with the credentials of this user's git: alone, or, where the server does not give single
 * commits, all branches and tags. Resolves to what git said last; the caller looks whether the commit is there.
 */
export async function fetchCommit(
  env: NodeJS.ProcessEnv,
  { url, commit }: Submodule,
  signal: AbortSignal | undefined,
): Promise<string> {
  const fetch = async (...what: string[]) => {
    const limits = Object.entries(LIMITS).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const quiet = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--no-auto-maintenance'];
    const result = await exec(['prlimit', `--fsize=${MAX_PACK_BYTES}`, 'git', ...limits, 'fetch', ...quiet, ...what], {
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
  const alone = await fetch('--depth=1', '--', url, `+${commit}:refs/submodules/${commit}`);
  if (!alone.failed) return '';
  const place = `refs/remotes/${createHash('sha256').update(url).digest('hex').slice(0, 16)}`;
  const all = await fetch('--', url, `+refs/heads/*:${place}/heads/*`, `+refs/tags/*:${place}/tags/*`);
  return all.failed ? lastWords(all.stderr) || all.reason : '';
}

/** Of git's lines the one that says why. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.startsWith('fatal: ')) ?? lines.at(-1) ?? '';
}
