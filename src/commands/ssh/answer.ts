import { becomeOwner } from '../../drop-privileges.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { readRoot } from '../../port/apps.ts';
import { hello, moreApps, noAppsYet, noShell, sshExample, sshOptions } from '../../port/messages/output.ts';
import { pusherSsh } from '../../port/pusher-address.ts';
import { hintForPusher } from '../../pusher-hint.ts';
import { installedPaths } from '../installed-paths.ts';
import { appTable, describeApps } from '../list.ts';
import { topicLines } from '../manual/pages.ts';
import { abortOnCancel, abortOnReaderGone, abortOnSessionEnd } from '../signals.ts';
import type { Session } from '../spec.ts';
import { DEFAULT_WIDTH, print } from '../stdout.ts';
import { commandLines, detailsOf, findSshCommand, parseSshCommand, SSH_COMMANDS, usageOf } from './commands.ts';
import { listWithKey, openWithKey, type SessionKey } from './session-key.ts';
import { limitSessions } from './session-limit.ts';

/**
 * Runs a pusher's ssh command that is not git's; without one, prints what there is. There is never a shell. `bundle`: the
 * URL of the running file.
 */
export async function answerSshCommand(key: SessionKey, asked: string, bundle: string): Promise<ExitCode> {
  const session = openPusherSession(key, bundle);
  if (asked === '') return greet(key, session);
  const { spec, args, options } = parseSshCommand(asked);
  if (spec.lasts) await limitSessions(key.name);
  return (await spec.run(args, options, session)) ?? EXIT.built;
}

function openPusherSession(key: SessionKey, bundle: string): Session {
  const installed = installedPaths(bundle);
  const readerGone = AbortSignal.any([abortOnReaderGone(), abortOnSessionEnd()]);
  return {
    installed,
    width: DEFAULT_WIDTH,
    async openApp(app) {
      const folder = await openWithKey(key, await readRoot(), app);
      await becomeOwner([folder]); // pushers may log in as root
      return { folder, who: key.name };
    },
    async openApps() {
      const folders = await listWithKey(key);
      await becomeOwner(folders);
      return folders;
    },
    outlivesTerminal: true,
    buildSignal: abortOnCancel,
    readerGone: () => readerGone,
    commandNames: SSH_COMMANDS.map(({ name }) => name),
    typed: (hint) => hintForPusher(hint, OVER_SSH),
    showHelp: (...names) => showHelp(names, installed.manual),
  };
}

/** How many apps the greeting lists at most: the commands below must stay in sight. */
const MAX_APPS_GREETED = 20;

async function greet(key: SessionKey, session: Session): Promise<ExitCode> {
  const folders = await session.openApps();
  const more = folders.length - MAX_APPS_GREETED;
  print(hello(key.name, folders.length));
  print('');
  if (folders.length === 0) print(noAppsYet(key.apps));
  else appTable(await describeApps(folders.slice(0, MAX_APPS_GREETED)), DEFAULT_WIDTH).forEach(print);
  if (more > 0) print(moreApps(more, `${OVER_SSH} list`));
  print('');
  print(noShell());
  print('');
  listCommands();
  return EXIT.built;
}

/** `manual`: the folder of its pages. */
function showHelp([name, ...more]: readonly string[], manual: string): boolean {
  if (name === undefined) {
    listCommands();
    for (const line of ['', `Topics (${OVER_SSH} help <topic>):`, ...topicLines(manual)]) print(line);
    return true;
  }
  const spec = findSshCommand(name);
  if (spec === undefined || more.length > 0) return false;
  print(`${usageOf(spec)}: ${spec.summary}`);
  detailsOf(spec).forEach(print);
  return true;
}

function listCommands(): void {
  commandLines().forEach(print);
  print('');
  print(sshExample(`${OVER_SSH} logs myapp -f`));
  print(sshOptions(`${OVER_SSH} help logs`));
}

const OVER_SSH = pusherSsh(process.env);
