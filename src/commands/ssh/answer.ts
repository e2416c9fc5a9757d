import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { becomeOwner } from '../../drop-privileges.ts';
import { type Command, formatHint, onPort, Trouble, withHint } from '../../errors.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { listRepositories, readRoot } from '../../port/apps.ts';
import { showBuilds } from '../builds.ts';
import { cancelBuilds } from '../cancel.ts';
import { showApps } from '../list.ts';
import { showLog } from '../logs.ts';
import { manualBeside, readPage, topicLines } from '../manual/pages.ts';
import { showPage } from '../manual/show.ts';
import { replayCommit } from '../replay.ts';
import { readerLeft, sessionLeft, signalOfCancel } from '../stdout.ts';
import { isVerb, parseSshCommand, type SshCommand, VERBS } from './commands.ts';
import { isOpenTo, openWithKey, type SessionKey } from './session-key.ts';

/** A session without a pty has no width to ask for; who wants to process what it says has --json. */
const WIDTH = 80;

/** Answers a pusher who asks for something else than git over ssh, or for nothing at all: never with a shell. */
export async function answerSshCommand(key: SessionKey, asked: string, bundle: string): Promise<ExitCode> {
  const left = AbortSignal.any([readerLeft(), sessionLeft()]);
  try {
    return await (asked === '' ? greet(key) : answer(key, parseSshCommand(asked), left, bundle));
  } catch (error) {
    throw error instanceof Trouble ? asPushersType(error) : error;
  }
}

async function greet(key: SessionKey): Promise<ExitCode> {
  print(`hello ${key.name}, there is no shell here, but git push, fetch and clone, and these words:`);
  print('');
  listVerbs();
  print('');
  const folders = await foldersFor(key);
  if (folders.length > 0) await showApps(folders, {}, print, WIDTH);
  else
    print(key.apps === undefined ? 'there are no apps yet' : `none of your apps is here yet: ${key.apps.join(', ')}`);
  return EXIT.built;
}

async function answer(key: SessionKey, request: SshCommand, left: AbortSignal, bundle: string): Promise<ExitCode> {
  const { verb, topic, app, build, commit, limit, options } = request;
  const json = options.has('--json');
  if (verb === 'help') return help(topic, manualBeside(bundle));
  if (verb === 'list') return done(showApps(await foldersFor(key), { json }, print, WIDTH));
  const folder = openWithKey(key, await readRoot(), app, app);
  await becomeOwner([folder]); // for a port whose pushers come in as root
  switch (verb) {
    case 'builds':
      return done(showBuilds(folder, { json, limit }, print, WIDTH));
    case 'logs':
      return showLog(folder, build, { follow: options.has('-f'), timestamps: options.has('-t') }, left);
    case 'cancel':
      return done(cancelBuilds(folder, key.name, print));
    case 'replay': {
      const signal = signalOfCancel();
      const noCache = options.has('--no-cache');
      return replayCommit(folder, commit, { who: key.name, noCache, leavable: true, signal });
    }
  }
}

async function foldersFor(key: SessionKey): Promise<string[]> {
  const folders = (await listRepositories()).filter((folder) => isOpenTo(key, basename(folder, '.git')));
  await becomeOwner(folders);
  return folders;
}

/** `manual`: the folder of its pages. */
function help(topic: string | undefined, manual: string): ExitCode {
  if (topic === undefined) {
    listVerbs();
    for (const line of ['', `pages of the manual, such as ${OVER_SSH} help push:`, ...topicLines(manual)]) print(line);
  } else if (isVerb(topic)) print(`${VERBS[topic].usage}: ${VERBS[topic].does}`);
  else showPage(readPage(manual, topic, Object.keys(VERBS)), WIDTH, false).forEach(print);
  return EXIT.built;
}

function listVerbs(): void {
  const usages = Object.values(VERBS).map(({ usage }) => usage.length);
  const width = Math.max(...usages);
  for (const { usage, does } of Object.values(VERBS)) print(`  ${usage.padEnd(width)}  ${does}`);
  print('');
  print(`such as: ${OVER_SSH} logs myapp -f`);
}

async function done(work: Promise<void>): Promise<ExitCode> {
  await work;
  return EXIT.built;
}

const OVER_SSH = `ssh ${userInfo().username}@${hostname()}`;

/** Hints name commands as an admin types them on port; a pusher says the same words over ssh. */
function asPushersType(error: Trouble): Trouble {
  const { hint } = error;
  if (hint === undefined) return error;
  return withHint(error, formatHint(hint, overSsh));
}

function overSsh(command: Command): string {
  const { verb, args } = command;
  return Object.hasOwn(VERBS, verb) ? [OVER_SSH, verb, ...args].join(' ') : onPort(command);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
