import { createInterface } from 'node:readline';

/** Set in the environment of a hook that was started for `git push -o detach`. */
export const DETACHED = 'DOSKARA_DETACHED';

/**
 * Starts this hook again for the commits to build, in a session of its own, and returns the first line that it prints.
 * The rest goes to the build's log only: git waits until nobody holds the hook's output open.
 */
export async function buildDetached(
  builds: readonly { commit: string; ref: string }[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { start } = await import('../exec.ts'); // few pushes need it
  const hook = start([process.execPath, ...process.execArgv, ...process.argv.slice(1, 2)], {
    cwd: folder,
    detached: true,
    env: { ...env, [DETACHED]: '1' },
    stderr: 'ignore',
  });
  hook.stdin.end(builds.map(({ commit, ref }) => `${'0'.repeat(commit.length)} ${commit} ${ref}\n`).join(''));
  let first = '';
  for await (const line of createInterface({ input: hook.stdout })) {
    first = line;
    break;
  }
  hook.stdout.destroy();
  hook.unref();
  return first;
}
