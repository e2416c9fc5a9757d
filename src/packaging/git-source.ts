import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

/** What of a checkout is in a build, or in a release. */
const BUILT = ['hooks', 'src', 'package.json', 'package-lock.json', 'install.sh', 'LICENSE'];

interface Source {
  commit: string;
  /** When it was committed, in seconds of Unix time. */
  time: number;
  /** Other than the commit has it. */
  isChanged: boolean;
}

/** Of the checkout in the working directory; undefined where git knows none: an unpacked archive, another's folder. */
export function readSource(): Source | undefined {
  try {
    if (git('rev-parse', '--show-toplevel') !== realpathSync('.')) return undefined;
    const [commit = '', time] = git('log', '-1', '--format=%H %ct').split(' ');
    return { commit, time: Number(time), isChanged: git('status', '--porcelain', '--', ...BUILT) !== '' };
  } catch {
    return undefined;
  }
}

export function describeSource(source: Source | undefined): string {
  if (source === undefined) return 'commit unknown';
  return source.isChanged ? `${source.commit}, with changes` : source.commit;
}

/** Git's own variables, which it sets for hooks, would lead to another repository. */
function git(...args: string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  return execFileSync('git', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
