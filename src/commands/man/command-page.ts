import type { Command, Option } from 'commander';
import type { ExitCode } from '../../exit-codes.ts';
import type { Setting } from '../../port/setting-values.ts';
import { PORT_SETTINGS, shownDefault } from '../../port/settings.ts';
import { VERSION } from '../../version.ts';
import { sectionOf } from '../manual/markdown.ts';
import { listTopics, readPage } from '../manual/pages.ts';
import { describeAsItems, WITHOUT_HYPHENS } from './blocks.ts';
import { item, quoted, type Reference, section, seeAlso, text } from './roff.ts';

/** doskara(1), as lines of roff, from the same specs as --help, and from pages of the manual. `manual`: their folder. */
export function commandPage(doskara: Command, manual: string): string[] {
  const from = (topic: string, heading?: string) =>
    sectionOf(readPage(manual, topic), heading).flatMap(describeAsItems);
  return [
    `.TH DOSKARA 1 "" ${quoted(`Doskara ${VERSION}`)} "Doskara port"`,
    ...WITHOUT_HYPHENS,
    ...section('NAME', [text('doskara - build container images on git push')]),
    ...section(
      'SYNOPSIS',
      SYNOPSIS.flatMap(([program, rest]) => [`.B ${quoted(program)}`, text(rest), '.br']),
    ),
    ...section(
      'DESCRIPTION',
      DESCRIPTION.flatMap((paragraph) => ['.PP', text(paragraph)]),
    ),
    ...section('COMMANDS', leaves(doskara, doskara.name()).flatMap(describeCommand)),
    ...section('OPTIONS', describeOptions(doskara)),
    ...section('COMMANDS OVER SSH', [...from('ssh').slice(0, 2), ...doskara.commands.flatMap(describeOverSsh)]),
    ...section(
      'THE TWO SCRIPTS',
      [undefined, 'How the scripts run', 'During the build'].flatMap((heading) => from('apps', heading)),
    ),
    ...section('PUSH OPTIONS', from('push', 'Options')),
    ...section('SETTINGS OF PORT', [
      text('Set them with doskara config; for all apps, as root: git config --system.'),
      ...Object.entries<Setting>(PORT_SETTINGS).flatMap(describeSetting),
    ]),
    ...section('SETTINGS OF THE FACTORY', from('settings', 'Factory')),
    ...section('AFTERBUILD', [
      text('doskara.afterBuild is a shell command that port runs after each build.'),
      ...from('after-build', 'Variables'),
    ]),
    ...section('EXAMPLES', itemsOf(EXAMPLES)),
    ...section('EXIT STATUS', itemsOf(Object.entries(EXIT_CODES))),
    ...section('FILES', itemsOf(FILES)),
    ...section('SEE ALSO', seeAlso([...topicsOf(manual), ['git-push', 1], ['git-config', 1], ['ssh_config', 5]])),
  ];
}

const topicsOf = (manual: string) => listTopics(manual).map(({ name }): Reference => [`doskara-${name}`, 7]);

const itemsOf = (terms: readonly [string, string][]) => terms.flatMap(([term, meaning]) => item(term, meaning));

function describeSetting([name, setting]: [string, Setting]): string[] {
  const value = shownDefault(setting);
  return item(`doskara.${name}`, `${setting.means}${value === '' ? '' : ` (default: ${value})`}`);
}

interface Leaf {
  /** Such as `doskara key add`. */
  path: string;
  command: Described;
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
    `.SS ${quoted([path, ...(command.shown === undefined ? usage : [command.shown])].join(' '))}`,
    text(command.description()),
    ...command.registeredArguments.flatMap((argument, i) =>
      argument.description === '' ? [] : item(args[i] ?? '', help.argumentDescription(argument)),
    ),
    ...describeOptions(command),
    ...notesOf(command),
  ];
}

/** With what command-line.ts adds to commander's command. */
type Described = Command & { notes?: string; shown?: string; overSsh?: string };

function notesOf({ notes }: Described): string[] {
  return notes === undefined ? [] : ['.PP', text(notes)];
}

/** Empty for a command that is not available over ssh. */
function describeOverSsh(command: Described): string[] {
  return command.overSsh === undefined ? [] : item(command.overSsh, command.description());
}

function describeOptions(command: Command): string[] {
  const help = command.createHelp();
  const isOwn = ({ long }: Option) => long !== '--help' || command.parent === null; // every command has it
  return help
    .visibleOptions(command)
    .filter(isOwn)
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

const SYNOPSIS: [string, string][] = [
  ['doskara', '<command> [<argument>...] [<option>...]'],
  ['git push', '[-o <option>] doskara main'],
  ['ssh git@port', '<command> [<argument>...] [<option>...]'],
];

const DESCRIPTION = [
  'An app is a git repository with two scripts: build.sh builds it, run.sh starts it. git push doskara main sends the commit from port, the git host, to the factory, the build host. The factory builds a container image and pushes it to the warehouse, the registry.',
  'doskara creates apps and shows what became of them. It runs on port, as root or as the user git; pushers run some of its commands over ssh. doskara help prints the pages of the manual.',
];

const EXAMPLES: [string, string][] = [
  ['doskara create shop', 'create an app, and print the git remote for it'],
  ['doskara key add alice alice.pub --apps shop', 'let a public ssh key push to that app'],
  ['git push -o no-cache doskara main', 'build from scratch'],
  ['git push doskara HEAD:main && ssh git@port wait shop', 'push, and exit with the exit code of the build'],
  ['doskara logs shop -f', 'follow a build'],
  ['doskara replay shop v1.2', 'build a tag again'],
  ['doskara rollback shop 12', 'make the image of build 12 the latest again'],
  ['doskara gate shop on', 'reject pushes that do not build'],
  ['doskara config shop timeout 1h', 'let a build take longer'],
  ['git config --system doskara.keepBuilds 500', 'keep more records and logs of all apps'],
  ["doskara list --json | jq -r '.[].app'", 'the names of all apps, for a script'],
];

const FILES: [string, string][] = [
  ['/srv/git/<app>.git', "an app's repository"],
  ['/srv/git/<app>.git/doskara/builds/<number>.json, <number>.log', 'record and log of a build'],
  ['/srv/git/.destroyed/<app>-<time>/', 'backups of doskara destroy'],
  ['/srv/git/.ssh/authorized_keys', "the pushers' keys"],
  ['/etc/doskara/factory.env', 'settings of the factory'],
  ['/usr/local/doskara', 'the programs'],
];
