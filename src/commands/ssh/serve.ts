import { isAppName, parseKeyLimit } from '../../contract.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { readRoot } from '../../port/apps.ts';
import { UNALTERED } from '../../port/git/git.ts';
import { noAppHere, noRemoteArchives } from '../../port/messages/commands.ts';
import { openWithKey } from './session-key.ts';

/**
 * Git's own commands over ssh, with the path quoted as git quotes it; see git-shell(1). Of them upload-archive is not
 * served: `$Format:%G?$` in a pushed file would have it run gpg on what a pusher wrote.
 */
const GIT_COMMAND = /^git[ -](receive-pack|upload-pack|upload-archive) '([^'\\!\n]*)'$/;

/**
 * What git and the hook are told of the ssh session. Whatever else sshd's AcceptEnv lets a client set stays outside:
 * git takes configuration, and so programs, from its environment.
 */
const PASSED = /^(?:HOME|USER|LOGNAME|SHELL|PATH|TZ|LANG|LANGUAGE|LC_[A-Z]+|SSH_[A-Z_]+|GIT_PROTOCOL)$/;

/**
 * `doskara serve <name> [--apps a,b]`: the forced command of a pusher's key. Lets through git's own commands on the
 * apps, or on some of them, and hands them to git-shell; the name goes to the hook as DOSKARA_PUSHER. Besides those it
 * knows a few words of ours, which are loaded when they are asked for, and nothing else. `bundle`: the URL of the
 * running file.
 */
export async function serve(name: string, limit: string[], env: NodeJS.ProcessEnv, bundle: string): Promise<ExitCode> {
  for (const key of Object.keys(env)) if (!PASSED.test(key)) delete env[key];
  Object.assign(env, UNALTERED);
  const key = { name, apps: parseKeyLimit(limit) };
  const asked = env['SSH_ORIGINAL_COMMAND'] ?? '';
  const [, service, path] = GIT_COMMAND.exec(asked) ?? [];
  if (service === undefined || path === undefined) {
    const { answerSshCommand } = await import('./answer.ts');
    return answerSshCommand(key, asked, bundle);
  }
  const root = await readRoot();
  const folder = openWithKey(key, root, appOf(path, root), path);
  if (service === 'upload-archive') throw noRemoteArchives();
  const { execve } = process;
  if (execve === undefined) throw new Error('this node has no process.execve');
  process.removeAllListeners('warning').on('warning', () => {}); // execve is new in node, and says so
  return execve(GIT_SHELL, ['git-shell', '-c', `git-${service} '${folder}'`], { ...env, DOSKARA_PUSHER: name });
}

const GIT_SHELL = '/usr/bin/git-shell';

/** `myapp`, `myapp.git`, `/myapp`, `~/myapp` and the full path all mean the app in the root. */
function appOf(path: string, root: string): string {
  const inside = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path.replace(/^~?\//, '');
  const app = inside.replace(/\/$/, '').replace(/\.git$/, '');
  if (!isAppName(app)) throw noAppHere(path);
  return app;
}
