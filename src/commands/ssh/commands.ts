/** Parses the commands that pushers may run over ssh, besides git's own. */
import type { Trouble } from '../../errors.ts';
import * as messages from '../../port/messages/commands.ts';
import { escaped } from '../../printable.ts';
import { COMMANDS } from '../commands.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec, SharedCommand } from '../spec.ts';

export interface SshCommand {
  spec: SharedCommand;
  args: string[];
  /** By their long names, like commander's: `limit`, `cache`. */
  options: Record<string, boolean | number | string>;
}

export const SSH_COMMANDS: readonly SharedCommand[] = COMMANDS.filter(isShared);

function isShared(spec: CommandSpec): spec is SharedCommand {
  return 'who' in spec && spec.who !== 'admin';
}

export function findSshCommand(name: string): SharedCommand | undefined {
  return SSH_COMMANDS.find((spec) => spec.name === name);
}

/** One line for each command, without its options. */
export function commandLines(): string[] {
  const width = Math.max(...SSH_COMMANDS.map((spec) => briefUsageOf(spec).length));
  return SSH_COMMANDS.map((spec) => `  ${briefUsageOf(spec).padEnd(width)}  ${spec.summary}`);
}

/** `logs <app> [build]` */
function briefUsageOf(spec: SharedCommand): string {
  const args = argumentsOf(spec).map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`));
  return [spec.name, ...args].join(' ');
}

/** `logs <app> [build] [-f] [-t]` */
export function usageOf(spec: SharedCommand): string {
  const options = optionsOf(spec).map(({ flag, value }) => (value === undefined ? `[${flag}]` : `[${flag} ${value}]`));
  return [briefUsageOf(spec), ...options].join(' ');
}

/** Lines about the arguments and options of a command, for its help. */
export function detailsOf(spec: SharedCommand): string[] {
  const args = argumentsOf(spec).map(({ name, meaning = '' }): [string, string] => [name, meaning]);
  const options = optionsOf(spec).map(({ flag, value, meaning }): [string, string] => [
    value === undefined ? flag : `${flag} ${value}`,
    meaning,
  ]);
  const rows = [...args, ...options].filter(([, meaning]) => meaning !== '');
  const width = Math.max(0, ...rows.map(([term]) => term.length));
  return rows.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`);
}

/**
 * Parses the command of an ssh client (`SSH_ORIGINAL_COMMAND`). It is split at single spaces and never reaches a shell.
 * Each part must be a known word or match the grammar of its argument; none allows quotes, `;` or `$()`.
 */
export function parseSshCommand(line: string): SshCommand {
  const [name = '', ...words] = line.split(' ');
  const spec = findSshCommand(name);
  if (spec === undefined)
    throw messages.notServed(
      shown(line),
      SSH_COMMANDS.map((each) => each.name),
    );
  if (words.includes('--help')) return parseSshCommand(`help ${name}`);
  const { options, args } = takeOptions(spec, words);
  const wanted = argumentsOf(spec);
  const stray = args[wanted.length];
  if (stray !== undefined) throw wrongWord(spec, messages.unexpectedArgument(shown(stray)));
  const missing = wanted.slice(args.length).find(({ optional }) => !optional);
  if (missing !== undefined) throw wrongWord(spec, messages.missingArgument(name, missing.grammar.wanted));
  for (const [index, word] of args.entries()) {
    const grammar = wanted[index]?.grammar;
    if (!grammar?.fits(word)) throw wrongWord(spec, messages.badArgument(shown(word), grammar?.wanted ?? ''));
  }
  return { spec, args, options };
}

/** Options may be anywhere after the command. Unknown ones are left in place, where no argument's grammar allows them. */
function takeOptions(spec: SharedCommand, words: readonly string[]) {
  const known = optionsOf(spec);
  const options: SshCommand['options'] = Object.fromEntries(
    known.filter(({ initial }) => initial !== undefined).map(({ key, initial = '' }) => [key, initial]),
  );
  const args: string[] = [];
  const left = words.values();
  for (const word of left) {
    const option = known.find(({ flag }) => flag === word);
    if (option === undefined) args.push(word);
    else if (option.grammar === undefined) options[option.key] = !option.negated;
    else {
      const value = left.next().value ?? '';
      if (!option.grammar.fits(value))
        throw wrongWord(spec, messages.badOption(word, option.grammar.wanted, shown(value)));
      options[option.key] = typeof option.initial === 'number' ? Number(value) : value;
    }
  }
  return { options, args };
}

type PushersArgument = ArgumentSpec & Required<Pick<ArgumentSpec, 'grammar'>>;

/** Without those for admins only. */
function argumentsOf({ arguments: args = [] }: SharedCommand): PushersArgument[] {
  return args.filter((each): each is PushersArgument => each.grammar !== undefined);
}

/** Without those for admins only. */
function optionsOf({ options = [] }: SharedCommand) {
  return options.map(readFlags).filter(({ value, grammar }) => (value === undefined) === (grammar === undefined));
}

/** `-n, --limit <number>`: flag `-n`, key `limit`, value `<number>`. `--no-cache`: key `cache`, set to false. */
function readFlags({ flags, meaning, grammar, default: value }: OptionSpec) {
  const {
    short,
    no,
    key = '',
    value: term,
  } = /^(?<short>-\w)?(?:, )?--(?<no>no-)?(?<key>[a-z]+)(?: (?<value><\w+>))?$/.exec(flags)?.groups ?? {};
  const negated = no !== undefined;
  return {
    flag: short ?? `--${no ?? ''}${key}`,
    key,
    value: term,
    meaning,
    grammar,
    negated,
    initial: negated ? true : value,
  };
}

const shown = (word: string) => JSON.stringify(escaped(word.slice(0, 200)));

function wrongWord(spec: SharedCommand, message: string): Trouble {
  return messages.wrongArgs(spec.name, usageOf(spec).split(' ').slice(1), message);
}
