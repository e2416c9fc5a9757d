import type { Command } from 'commander';
import { PORT_SETTINGS, type Setting, shownDefault } from '../../port/settings.ts';
import { VERSION } from '../../version.ts';
import type { Topic } from '../manual/pages.ts';
import { EXIT_CODES, FILES } from './exit-codes-and-files.ts';
import { item, quoted, section, text } from './roff.ts';

/** doskara(1), as roff lines, from the same description of the commands as --help. */
export function commandPage(doskara: Command, topics: readonly Topic[]): string[] {
  return [
    `.TH DOSKARA 1 "" ${quoted(`Doskara ${VERSION}`)} "Doskara port"`,
    ...section('NAME', [text('doskara - a git host whose pushes become images')]),
    ...section('SYNOPSIS', ['.B doskara', text('<command> [<argument>...] [<option>...]')]),
    ...section('DESCRIPTION', [text(doskara.description())]),
    ...section('COMMANDS', leaves(doskara, doskara.name()).flatMap(describeCommand)),
    ...section('OPTIONS', describeOptions(doskara)),
    ...section('SETTINGS', [
      text('Set them with doskara config; for all apps, as root: git config --system.'),
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
    ...section('SEE ALSO', [
      ...topics.map(({ name }) => `.BR ${text(`doskara-${name}`)} (7),`),
      '.BR git-push (1),',
      '.BR git-config (1),',
      '.BR ssh_config (5)',
    ]),
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
  const args = command.registeredArguments.map((argument) => help.argumentTerm(argument));
  const usage = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [
    `.SS ${quoted([path, ...usage].join(' '))}`,
    text(command.description()),
    ...command.registeredArguments.flatMap((argument, i) =>
      argument.description === '' ? [] : item(args[i] ?? '', help.argumentDescription(argument)),
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
