import { isAppName } from '../../contract.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { parseKeyLimit } from '../../key-limit.ts';
import { readRoot } from '../../port/apps.ts';
import { UNALTERED } from '../../port/git/git.ts';
import { noAppHere, noRemoteArchives } from '../../port/messages/commands.ts';
import { pusherSsh } from '../../port/pusher-address.ts';
import { explainToPusher } from '../../pusher-hint.ts';
import { openWithKey, type SessionKey } from './session-key.ts';

/**
 * Git's own commands over ssh, with the path as git quotes it; see git-shell(1). upload-archive is refused:
 * `$Format:%G?$` in a pushed file would make it run gpg on what a pusher wrote.
 */
const GIT_COMMAND = /^git[ -](receive-pack|upload-pack|upload-archive) '([^'\\!\n]*)'$/;

/**
 * The variables that git and the hook get. Others, which sshd's AcceptEnv may let a client set, are removed: git reads
 * configuration from its environment, and runs the programs named there.
 */
const PASSED = /^(?:HOME|USER|LOGNAME|SHELL|PATH|TZ|LANG|LANGUAGE|LC_[A-Z]+|SSH_[A-Z_]+|GIT_PROTOCOL)$/;

/**
 * `doskara serve <name> [--apps a,b]`: the forced command of a pusher's key. Passes git's own commands on to git-shell,
 * if the key may use the app, and the name to the hook as DOSKARA_PUSHER; serve-git.sh, which runs before node, has done
 * so where nothing was to be said. Everything else goes to answerSshCommand, loaded only then. `bundle`: the URL of the
 * running file.
 */
export async function serve(name: string, limit: string[], env: NodeJS.ProcessEnv, bundle: string): Promise<ExitCode> {
  for (const key of Object.keys(env)) if (!PASSED.test(key)) delete env[key];
  Object.assign(env, UNALTERED);
  try {
    return await answer({ name, apps: parseKeyLimit(limit) }, env, bundle);
  } catch (error) {
    throw explainToPusher(error, pusherSsh(env));
  }
}

async function answer(key: SessionKey, env: NodeJS.ProcessEnv, bundle: string): Promise<ExitCode> {
  const asked = env['SSH_ORIGINAL_COMMAND'] ?? '';
  const [, service, path] = GIT_COMMAND.exec(asked) ?? [];
  if (service === undefined || path === undefined) {
    const { answerSshCommand } = await import('./answer.ts');
    return await answerSshCommand(key, asked, bundle);
  }
  const root = await readRoot();
  const folder = await openWithKey(key, root, parseAppPath(path, root));
  if (service === 'upload-archive') throw noRemoteArchives();
  const { execve } = process;
  if (execve === undefined) throw new Error('this node has no process.execve');
  process.removeAllListeners('warning').on('warning', () => {}); // node warns that execve is experimental
  return execve(GIT_SHELL, ['git-shell', '-c', `git-${service} '${folder}'`], { ...env, DOSKARA_PUSHER: key.name });
}

const GIT_SHELL = '/usr/bin/git-shell';

/**
 * `myapp`, `myapp.git`, `/myapp`, `~/myapp` and the full path all name the same app. A Trouble (exit code 2) for
 * others.
 */
function parseAppPath(path: string, root: string): string {
  const inside = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path.replace(/^~?\//, '');
  const app = inside.replace(/\/$/, '').replace(/\.git$/, '');
  if (!isAppName(app)) throw noAppHere(path, []);
  return app;
}
