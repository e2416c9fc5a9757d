import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { becomeOwner } from '../drop-privileges.ts';
import { formatHint } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRepository, listRepositories } from '../port/apps.ts';
import { VERSION_AND_SOURCE } from '../version.ts';
import { COMMANDS } from './commands.ts';
import { type InstalledPaths, installedPaths } from './installed-paths.ts';
import { topicLines } from './manual/pages.ts';
import { abortOnInterrupt, abortOnReaderGone } from './signals.ts';
import type { AdminSession, ArgumentSpec, CommandSpec, LeafSpec, OptionSpec } from './spec.ts';
import { usageOf } from './ssh/commands.ts';
import { terminalWidth } from './stdout.ts';

/** Runs an admin's command. `bundle`: the URL of the running file. */
export async function runCommand(argv: string[], bundle: string): Promise<ExitCode> {
  const result: Result = { exitCode: EXIT.built };
  try {
    await makeProgram(installedPaths(bundle), result).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.built : EXIT.usage;
  }
  return result.exitCode;
}

interface Result {
  exitCode: ExitCode;
}

/** The command line as commander knows it; --help, the man page and completion are read from it. */
export function makeProgram(installed: InstalledPaths, result: Result): Command {
  const program = new Command('doskara')
    .description('Manages the apps on this port: git push doskara main builds an image on the factory.')
    .version(VERSION_AND_SOURCE)
    .helpCommand(false)
    .addHelpText('after', () => ['', 'Topics (doskara help <topic>):', ...topicLines(installed.manual)].join('\n'))
    .exitOverride();
  hintAtHelp(program);
  const session = openAdminSession(program, installed);
  for (const spec of COMMANDS) addCommand(program, spec, session, result);
  return program;
}

function openAdminSession(program: Command, installed: InstalledPaths): AdminSession {
  return {
    program,
    installed,
    width: terminalWidth(),
    async openApp(app) {
      const folder = await findRepository(app);
      return { folder, who: await becomeOwner([folder]) };
    },
    async openApps() {
      const folders = await listRepositories();
      await becomeOwner(folders);
      return folders;
    },
    outlivesTerminal: false,
    buildSignal: abortOnInterrupt,
    readerGone: abortOnReaderGone,
    commandNames: COMMANDS.map(({ name }) => name),
    typed: (hint) => formatHint(hint),
    showHelp(...names) {
      const command = findCommand(program, names);
      command?.outputHelp();
      return command !== undefined;
    },
  };
}

/** `key add`: `add` of `key` of `doskara`. */
function findCommand(program: Command, names: readonly string[]): Command | undefined {
  return names.reduce<Command | undefined>(
    (parent, name) => parent?.commands.find((each) => each.name() === name),
    program,
  );
}

function addCommand(parent: Command, spec: CommandSpec, session: AdminSession, result: Result): void {
  if ('who' in spec && spec.who === 'pusher') return;
  const command = parent.command(spec.name, { hidden: spec.hidden ?? false }).description(spec.summary);
  if (spec.alias !== undefined) command.alias(spec.alias);
  if ('subcommands' in spec) for (const each of spec.subcommands) addCommand(command, each, session, result);
  else fill(command, spec, session, result);
}

function fill(command: Command, spec: LeafSpec, session: AdminSession, result: Result): void {
  const { arguments: args = [], options = [], notes, usage } = spec;
  hintAtHelp(command);
  for (const each of args) command.addArgument(argumentOf(each));
  for (const each of options) command.addOption(optionOf(each));
  if (usage !== undefined) command.usage(`[options] ${usage}`);
  if (notes !== undefined) command.addHelpText('after', `\n${notes}`);
  Object.assign(command, { notes, shown: usage, overSsh: spec.who === 'admin' ? undefined : usageOf(spec) }); // for the man page
  command.action(async (...received) => {
    result.exitCode = (await spec.run(received.slice(0, args.length), command.opts(), session)) ?? EXIT.built;
  });
}

/** Commander repeats all arguments if there are too many: one may be a secret. */
const withoutValues = (text: string) => text.replace(/^(error: too many arguments .*) but got \d+: .*$/s, '$1.\n');

/** Has each complaint about what was typed end with where to look. */
function hintAtHelp(command: Command): void {
  const outputError = (text: string, write: (text: string) => void) =>
    write(`${withoutValues(text)}hint: ${pathOf(command)} --help\n`);
  command.configureOutput({ outputError });
}

/** `doskara key add` */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function argumentOf({ name, meaning, optional, variadic, choices, completes }: ArgumentSpec): Argument {
  const term = variadic ? `${name}...` : name;
  const argument = new Argument(optional ? `[${term}]` : `<${term}>`, meaning);
  if (choices !== undefined) argument.choices(choices);
  return Object.assign(argument, { completes });
}

function optionOf({ flags, meaning, completes, grammar, default: value }: OptionSpec): Option {
  const option = new Option(flags, meaning);
  if (value !== undefined) option.default(value);
  if (grammar !== undefined)
    option.argParser((text) => {
      if (!grammar.fits(text)) throw new InvalidArgumentError(grammar.wanted);
      return typeof value === 'number' ? Number(text) : text;
    });
  return Object.assign(option, { completes });
}
