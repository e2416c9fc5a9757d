import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isAppName, parseKeyLimit } from '../contract.ts';
import { Trouble } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { folderOf, readRoot } from '../port/apps.ts';
import { escaped } from '../printable.ts';

/** Git's own commands over ssh, with the path quoted as git quotes it; see git-shell(1). */
const GIT_COMMAND = /^git[ -](receive-pack|upload-pack|upload-archive) '([^'\\!\n]*)'$/;

/**
 * What git and the hook are told of the ssh session. Whatever else sshd's AcceptEnv lets a client set stays outside:
 * git takes configuration, and so programs, from its environment.
 */
const PASSED = /^(?:HOME|USER|LOGNAME|SHELL|PATH|TZ|LANG|LANGUAGE|LC_[A-Z]+|SSH_[A-Z_]+|GIT_PROTOCOL)$/;

/**
 * `doskara serve <name> [--apps a,b]`: the forced command of a pusher's key. Lets through git's own commands on the
 * apps, or on some of them, nothing else, and hands them to git-shell; the name goes to the hook as DOSKARA_PUSHER.
 */
export async function serve(name: string, limit: string[], env: NodeJS.ProcessEnv): Promise<never> {
  for (const key of Object.keys(env)) if (!PASSED.test(key)) delete env[key];
  const apps = parseKeyLimit(limit);
  const asked = env['SSH_ORIGINAL_COMMAND'] ?? '';
  const [, service, path] = GIT_COMMAND.exec(asked) ?? [];
  if (service === undefined || path === undefined) throw notServed(name, asked);
  const root = await readRoot();
  const app = appOf(path, root);
  if (apps !== undefined && !apps.includes(app)) throw notForThisKey(name, app, apps);
  const folder = folderOf(root, app);
  if (!existsSync(join(folder, 'HEAD'))) throw noSuchApp(path);
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
  if (!isAppName(app)) throw noSuchApp(path);
  return app;
}

/** It says the same of an app that isn't there: such a key is not for finding out. */
function notForThisKey(name: string, app: string, apps: readonly string[]): Trouble {
  return new Trouble('key-limited', EXIT.usage, `the key of ${name} is not for ${app}, but for ${apps.join(', ')}`, {
    hint: `an admin changes that on port: doskara key add ${name} KEY.pub --apps ${[...apps, app].join(',')}`,
  });
}

function noSuchApp(path: string): Trouble {
  return new Trouble('no-app', EXIT.usage, `there is no app ${JSON.stringify(escaped(path))} here`, {
    hint: 'an admin makes it on port: doskara create <app>',
  });
}

function notServed(name: string, asked: string): Trouble {
  return asked === ''
    ? new Trouble('no-shell', EXIT.usage, `hello ${name}, there is no shell here`, { hint: 'git push doskara main' })
    : new Trouble('not-served', EXIT.usage, `${JSON.stringify(escaped(asked.slice(0, 200)))} is not served here`, {
        hint: 'only git push, git fetch and git clone of an app are',
      });
}
