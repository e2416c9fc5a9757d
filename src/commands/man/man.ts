import type { Command } from 'commander';
import type { Installed } from '../installed-paths.ts';
import { listTopics, readPage } from '../manual/pages.ts';
import { commandPage } from './command-page.ts';
import { topicPage } from './topic-page.ts';

/** `doskara man [<topic>]`: doskara(1), or a topic's page of section 7. */
export function man(doskara: Command, topic: string | undefined, { manual, print }: Installed): void {
  const lines = topic === undefined ? commandPage(doskara, listTopics(manual)) : topicPage(readPage(manual, topic));
  lines.forEach(print);
}
