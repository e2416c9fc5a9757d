import { realpathSync } from 'node:fs';
import { exec } from '../exec.ts';

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
export async function readSource(): Promise<Source | undefined> {
  try {
    if ((await git('rev-parse', '--show-toplevel')) !== realpathSync('.')) return undefined;
    const [commit = '', time] = (await git('log', '-1', '--format=%H %ct')).split(' ');
    return { commit, time: Number(time), isChanged: (await git('status', '--porcelain', '--', ...BUILT)) !== '' };
  } catch {
    return undefined;
  }
}

export function describeSource(source: Source | undefined): string {
  if (source === undefined) return 'commit unknown';
  return source.isChanged ? `${source.commit}, with changes` : source.commit;
}

/** Git's own variables, which it sets for hooks, would lead to another repository. */
async function git(...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const { failed, reason, stdout } = await exec(['git', ...args], { env, stderr: 'ignore' });
  if (failed) throw new Error(`git ${args[0]}: ${reason}`);
  return stdout.trim();
}
