import type { Argument, Command, Option } from 'commander';

/** What a shell has to know of one command. */
export interface Facts {
  /** `''` for doskara itself, `key add`. */
  path: string;
  subcommands: Word[];
  options: Word[];
  /** What kind of value follows an option. */
  values: [option: string, kind: string][];
  /** What kind each argument is of. A `+` behind the last one: any number of them. */
  kinds: string[];
}

export interface Word {
  word: string;
  meaning: string;
}

/**
 * Kinds of arguments and of options' values, by the names that they have in --help. Those that are not here are offered
 * nothing: `none`. `list` is of apps, with commas; `repos` are apps or paths; the others are words of `doskara complete`.
 */
const KINDS: Record<string, string> = {
  app: 'apps',
  apps: 'list',
  build: 'builds',
  commit: 'commits',
  file: 'files',
  name: 'keys',
  repo: 'repos',
  topic: 'topics',
};

/** The facts of a command and of all below it; those that --help hides are left out. */
export function readFacts(command: Command, path = ''): Facts[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const own: Facts = {
    path,
    subcommands: subcommands.map((each) => ({ word: each.name(), meaning: each.description() })),
    options: options.flatMap((option) => flagsOf(option).map((word) => ({ word, meaning: option.description }))),
    values: options
      .filter(({ required }) => required)
      .flatMap((option) => flagsOf(option).map((flag): [string, string] => [flag, kindOf(option.flags, option)])),
    kinds: command.registeredArguments.map(
      (argument) => `${kindOf(argument.name(), argument)}${argument.variadic ? '+' : ''}`,
    ),
  };
  const below = subcommands.filter((each) => command.commands.includes(each));
  return [own, ...below.flatMap((each) => readFacts(each, `${path} ${each.name()}`.trim()))];
}

function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** `=a,b`: one of these words. */
function kindOf(text: string, { argChoices }: Pick<Argument | Option, 'argChoices'>): string {
  if (argChoices !== undefined) return `=${argChoices.join(',')}`;
  const name = /<([a-z]+)>/.exec(text)?.[1] ?? text;
  return KINDS[name] ?? 'none';
}
