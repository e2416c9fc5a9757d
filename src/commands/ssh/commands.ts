/** What pushers may ask of port over ssh, besides git's own commands: words → a request, as pure text. */
import { isAppName } from '../../contract.ts';
import type { Trouble } from '../../errors.ts';
import { notServed, wrongArgs } from '../../port/messages/commands.ts';
import { escaped } from '../../printable.ts';
import { isTopicName } from '../manual/pages.ts';

export interface SshCommand {
  verb: Verb;
  /** Empty where the verb takes none. */
  app: string;
  build: string | undefined;
  commit: string | undefined;
  topic: string | undefined;
  limit: number;
  options: ReadonlySet<string>;
}

type Verb = 'list' | 'builds' | 'logs' | 'replay' | 'cancel' | 'help';

interface Argument {
  name: 'app' | 'build' | 'commit' | 'topic';
  fits: (word: string) => boolean;
  wanted: string;
}

const APP: Argument = { name: 'app', fits: isAppName, wanted: "an app's name" };
const BUILD: Argument = { name: 'build', fits: (word) => /^[1-9]\d{0,8}$/.test(word), wanted: "a build's number" };
const COMMIT: Argument = { name: 'commit', fits: isCommitName, wanted: 'a commit id, a branch or a tag' };
const TOPIC: Argument = { name: 'topic', fits: isTopicName, wanted: 'a topic' };

/** Each with what it takes, in order; only an app must be named. */
export const VERBS: Record<Verb, { usage: string; does: string; takes: Argument[]; options: string[] }> = {
  list: {
    usage: 'list [--json]',
    does: 'your apps: head, last build, size of the image',
    takes: [],
    options: ['--json'],
  },
  builds: {
    usage: 'builds <app> [-n N] [--json]',
    does: 'the builds of an app, newest first',
    takes: [APP],
    options: ['-n', '--json'],
  },
  logs: {
    usage: 'logs <app> [build] [-f] [-t]',
    does: 'what a build said; -f follows one that runs, -t tells times',
    takes: [APP, BUILD],
    options: ['-f', '-t'],
  },
  replay: {
    usage: 'replay <app> [commit] [--no-cache]',
    does: 'build a commit again',
    takes: [APP, COMMIT],
    options: ['--no-cache'],
  },
  cancel: { usage: 'cancel <app>', does: 'end what runs or waits for an app', takes: [APP], options: [] },
  help: { usage: 'help [topic]', does: 'these words, or a page of the manual', takes: [TOPIC], options: [] },
};

/**
 * Reads the command that an ssh client asked for (`SSH_ORIGINAL_COMMAND`). It is split at single spaces and never given
 * to a shell: each word is one of ours, or fits the grammar of what stands in its place; quotes, `;` or `$()` fit none.
 */
export function parseSshCommand(command: string): SshCommand {
  const [verb = '', ...args] = command.split(' ');
  if (!isVerb(verb)) throw notServed(shown(command), Object.keys(VERBS));
  const { options, limit, rest } = takeOptions(verb, args);
  const { takes } = VERBS[verb];
  const stray = rest[takes.length];
  if (stray !== undefined) throw wrongWord(verb, `${shown(stray)} is one word too many`);
  if (takes[0] === APP && rest.length === 0) throw wrongWord(verb, `${verb} needs ${APP.wanted}`);
  const named: Partial<Record<Argument['name'], string>> = {};
  for (const [index, word] of rest.entries()) {
    const argument = takes[index];
    if (!argument?.fits(word)) throw wrongWord(verb, `${shown(word)} is not ${argument?.wanted}`);
    named[argument.name] = word;
  }
  const { app = '', build, commit, topic } = named;
  return { verb, app, build, commit, topic, limit, options };
}

export function isVerb(word: string): word is Verb {
  return Object.hasOwn(VERBS, word);
}

/** How many builds are told where no number is. */
const LIMIT = 20;

/** Options may stand anywhere behind the verb; what looks like one and is not fits no grammar later. */
function takeOptions(verb: Verb, args: readonly string[]) {
  const options = new Set<string>();
  const rest: string[] = [];
  let limit = LIMIT;
  const left = args.values();
  for (const word of left) {
    if (!VERBS[verb].options.includes(word)) rest.push(word);
    else if (word === '-n') limit = readLimit(verb, left.next().value ?? '');
    else options.add(word);
  }
  return { options, limit, rest };
}

function readLimit(verb: Verb, word: string): number {
  if (/^[1-9]\d{0,5}$/.test(word)) return Number(word);
  throw wrongWord(verb, `-n needs a number from 1 on, not ${shown(word)}`);
}

/**
 * An id, a branch or a tag, by the rules of git-check-ref-format(1) and stricter: letters and digits of any script and a
 * few signs, so that nothing is left that git reads as an option, a range, a path or another revision trick.
 */
export function isCommitName(word: string): boolean {
  return (
    word.length <= 255 &&
    /^[\p{L}\p{M}\p{N}._/@+=,#-]+$/u.test(word) &&
    !/^[-/]|\/\/|\.\.|(?:^|\/)\.|\.(?:lock)?(?:\/|$)|\/$|^@$/.test(word)
  );
}

const shown = (word: string) => JSON.stringify(escaped(word.slice(0, 200)));

function wrongWord(verb: Verb, message: string): Trouble {
  return wrongArgs(verb, VERBS[verb].usage.split(' ').slice(1), message);
}
