import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Set in the environment of a hook that nobody listens to. */
export const DETACHED = 'DOSKARA_DETACHED';

/**
 * Starts this hook once more, in a session of its own, for one commit; resolves with what it says first. Its output
 * is cut off then: the log has it all, and git waits only as long as somebody holds its pipes.
 */
export async function buildDetached(
  { commit, ref }: { commit: string; ref: string },
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const hook = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1, 2)], {
    cwd: folder,
    detached: true,
    env: { ...env, [DETACHED]: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  hook.stdin.end(`${'0'.repeat(commit.length)} ${commit} ${ref}\n`);
  let first = '';
  for await (const line of createInterface({ input: hook.stdout })) {
    first = line;
    break;
  }
  hook.stdout.destroy();
  hook.unref();
  return first;
}
