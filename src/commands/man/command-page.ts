import type { Command } from 'commander';
import type { ExitCode } from '../../exit-codes.ts';
import { PORT_SETTINGS, type Setting, shownDefault } from '../../port/settings.ts';
import { VERSION } from '../../version.ts';
import type { Topic } from '../manual/pages.ts';
import { item, quoted, section, text } from './roff.ts';

/** doskara(1), as lines of roff, from the same specs as --help. */
export function commandPage(doskara: Command, topics: readonly Topic[]): string[] {
  return [
    `.TH DOSKARA 1 "" ${quoted(`Doskara ${VERSION}`)} "Doskara port"`,
    ...section('NAME', [text('doskara - build container images on git push')]),
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
  /** Such as `doskara key add`. */
  path: string;
  command: Command;
}

/** The commands without subcommands, in the order of --help, except help itself. */
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

export const EXIT_CODES: Record<ExitCode, string> = {
  0: 'done; of a build: built and pushed to the warehouse',
  1: "the app's own build failed",
  2: 'wrong arguments, app name or settings',
  3: 'the commit or the archive was refused',
  4: 'the factory could not be reached or trusted, or could not build',
  5: 'the image was built, but the warehouse did not accept it',
  70: 'a bug of Doskara',
  130: 'cancelled',
};

const FILES: [string, string][] = [
  ['/srv/git/<app>.git', "an app's repository"],
  ['/srv/git/<app>.git/doskara/builds/<number>.json, <number>.log', 'record and log of a build'],
  ['/srv/git/.destroyed/<app>-<time>/', 'backups of doskara destroy'],
  ['/srv/git/.ssh/authorized_keys', "the pushers' keys"],
  ['/usr/local/doskara', 'the programs'],
];
