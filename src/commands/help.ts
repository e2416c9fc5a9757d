import { isTopic, isTopicName, readPage } from './manual/pages.ts';
import { showPage, WIDTH } from './manual/show.ts';
import type { SharedCommand } from './spec.ts';
import { print } from './stdout.ts';

export const help: SharedCommand = {
  name: 'help',
  summary: 'show the help of a command, or a page of the manual',
  who: 'both',
  arguments: [
    {
      name: 'topic',
      meaning: 'a topic or a command',
      optional: true,
      completes: 'topics',
      grammar: { fits: isTopicName, wanted: 'a topic' },
    },
    { name: 'subcommand', optional: true },
  ],
  async run(names: [string?, string?], _options, { installed, commandNames, showHelp, width = WIDTH }) {
    const given = names.filter((name) => name !== undefined);
    if (!isTopic(installed.manual, given[0]) && showHelp(...given)) return;
    const page = readPage(installed.manual, given.join(' '), commandNames);
    showPage(page, width, process.stdout.isTTY).forEach(print);
  },
};
