import type { Command } from 'commander';
import { PORT_SETTINGS, type Setting, shownDefault } from '../port/settings.ts';
import { VERSION } from '../version.ts';
import { EXIT_CODES, FILES } from './man-words.ts';

/** `doskara man`: the man page, as roff lines, from the same description of the commands as --help. */
export function manPage(doskara: Command): string[] {
  return [
    `.TH DOSKARA 1 "" ${quoted(`Doskara ${VERSION}`)} "Doskara port"`,
    ...section('NAME', [text('doskara - a git host whose pushes become images')]),
    ...section('SYNOPSIS', ['.B doskara', text('<command> [<argument>...] [<option>...]')]),
    ...section('DESCRIPTION', [text(doskara.description())]),
    ...section('COMMANDS', leaves(doskara, doskara.name()).flatMap(describeCommand)),
    ...section('OPTIONS', describeOptions(doskara)),
    ...section('SETTINGS', [
      text('They are git’s: git config in the repository, --global as the user git, or --system.'),
      ...Object.entries<Setting>(PORT_SETTINGS).flatMap(describeSetting),
    ]),
    ...section(
      'EXIT STATUS',
      Object.entries(EXIT_CODES).flatMap(([code, meaning]) => item(code, meaning)),
    ),
    ...section(
      'FILES',
      FILES.flatMap(([file, meaning]) => item(file, meaning)),
    ),
    ...section('SEE ALSO', ['.BR git-push (1),', '.BR git-config (1),', '.BR ssh_config (5)']),
  ];
}

function describeSetting([name, setting]: [string, Setting]): string[] {
  const value = shownDefault(setting);
  return item(`doskara.${name}`, `${setting.means}${value === '' ? '' : ` (default: ${value})`}`);
}

interface Leaf {
  /** `doskara key add`. */
  path: string;
  command: Command;
}

/** The commands that do something, in the order of --help, but for help itself. */
function leaves(command: Command, path: string): Leaf[] {
  const visible = command.createHelp().visibleCommands(command);
  const own = visible.filter((each) => command.commands.includes(each));
  return own.flatMap((each) => {
    const leaf = { path: `${path} ${each.name()}`, command: each };
    return each.commands.length > 0 ? leaves(each, leaf.path) : [leaf];
  });
}

function describeCommand({ path, command }: Leaf): string[] {
  const help = command.createHelp();
  const words = command.registeredArguments.map((argument) => help.argumentTerm(argument));
  const usage = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [
    `.SS ${quoted([path, ...usage].join(' '))}`,
    text(command.description()),
    ...command.registeredArguments.flatMap((argument, i) =>
      argument.description === '' ? [] : item(words[i] ?? '', help.argumentDescription(argument)),
    ),
    ...describeOptions(command),
  ];
}

function describeOptions(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .flatMap((option) => item(help.optionTerm(option), help.optionDescription(option)));
}

function section(title: string, lines: string[]): string[] {
  return [`.SH ${quoted(title)}`, ...lines];
}

/** A term in bold, and what it means, indented. */
function item(term: string, meaning: string): string[] {
  return ['.TP', `.B ${quoted(term)}`, text(meaning)];
}

/** An argument of a macro: https://man7.org/linux/man-pages/man7/groff.7.html */
function quoted(word: string): string {
  return `"${escapeRoff(word).replaceAll('"', '\\(dq')}"`;
}

/** A line of text: one that begins with a dot or a quote would be a request. */
function text(line: string): string {
  return escapeRoff(line).replace(/^(?=[.'])/, '\\&');
}

/** Any roff reads ASCII; a plain `-` would be printed as a hyphen, which nobody can paste into a shell. */
function escapeRoff(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replace(/[^\x20-\x7e]/gu, (c) => `\\[u${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}
