import type { Argument, Command, Option } from 'commander';
import type { Completion } from '../spec.ts';

/** What a completion script needs to know about one command. */
export interface Facts {
  /** `''` for doskara itself, `key add`. */
  path: string;
  subcommands: Word[];
  options: Word[];
  /** The kind of value of each option. */
  values: [option: string, kind: string][];
  /** The kind of each argument: a Completion, `=a,b` (one of these) or `none`. A `+` after the last: any number. */
  kinds: string[];
}

export interface Word {
  word: string;
  meaning: string;
}

/** A command and its subcommands, without hidden ones. */
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
      .flatMap((option) => flagsOf(option).map((flag): [string, string] => [flag, kindOf(option)])),
    kinds: command.registeredArguments.map((argument) => `${kindOf(argument)}${argument.variadic ? '+' : ''}`),
  };
  const below = subcommands.filter((each) => command.commands.includes(each));
  return [own, ...below.flatMap((each) => readFacts(each, `${path} ${each.name()}`.trim()))];
}

function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** `completes` of the spec, which command-line.ts sets on commander's arguments and options. */
function kindOf(of: (Argument | Option) & { completes?: Completion | undefined }): string {
  return of.argChoices === undefined ? (of.completes ?? 'none') : `=${of.argChoices.join(',')}`;
}
