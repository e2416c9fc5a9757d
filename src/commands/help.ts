import type { Command } from 'commander';
import type { Installed } from './installed-paths.ts';
import { isTopic, readPage, topicLines } from './manual/pages.ts';
import { showPage, WIDTH } from './manual/show.ts';

/** `doskara help`: all commands and topics; of a topic its page, of a command its --help. */
export function help(doskara: Command, topic: string | undefined, subcommand: string | undefined, here: Installed) {
  const command = isTopic(here.manual, topic) ? undefined : findCommand(doskara, topic, subcommand);
  if (command !== undefined || topic === undefined) {
    (command ?? doskara).outputHelp();
    return;
  }
  const commands = doskara.commands.map((each) => each.name());
  const page = readPage(here.manual, [topic, subcommand].filter(Boolean).join(' '), commands);
  const { isTTY, columns = WIDTH } = process.stdout;
  showPage(page, columns, isTTY).forEach(here.print);
}

/** What stands below the commands in `doskara help`. */
export function topicsHelp({ manual }: Installed): string {
  return ['', 'Topics (doskara help <topic>):', ...topicLines(manual)].join('\n');
}

/** `key` below doskara, `add` below key; undefined where there is none. */
function findCommand(parent: Command, name?: string, subname?: string): Command | undefined {
  const command = parent.commands.find((each) => each.name() === name);
  return command === undefined || subname === undefined ? command : findCommand(command, subname);
}
