import { commandPage } from './man/command-page.ts';
import { topicPage } from './man/topic-page.ts';
import { readPage } from './manual/pages.ts';
import type { AdminCommand } from './spec.ts';
import { print } from './stdout.ts';

/** Hidden from --help: for packagers and install.sh. */
export const man: AdminCommand = {
  name: 'man',
  summary: 'print a man page: doskara(1), or doskara-<topic>(7)',
  hidden: true,
  who: 'admin',
  arguments: [{ name: 'topic', optional: true, completes: 'topics' }],
  async run([topic]: [string?], _options, { program, installed: { manual } }) {
    const lines = topic === undefined ? commandPage(program, manual) : topicPage(readPage(manual, topic));
    lines.forEach(print);
  },
};
