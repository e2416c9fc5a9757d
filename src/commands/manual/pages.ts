import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { similarNames } from '../../port/did-you-mean.ts';
import * as messages from '../../port/messages/manual.ts';

export interface Topic {
  name: string;
  summary: string;
}

/** The folder of the manual's pages, beside the file that runs. `bundle`: its URL. */
export const manualBeside = (bundle: string) => join(dirname(fileURLToPath(bundle)), 'manual');

const EXTENSION = '.md';

export const isTopicName = (word: string) => /^[a-z][a-z-]{0,30}$/.test(word);

/** All topics, in order of their names. */
export function listTopics(folder: string): Topic[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(EXTENSION));
  return files.sort().map((file) => topicOf(readFileSync(join(folder, file), 'utf8')));
}

/** The first line of each page is `# <name>: <summary>`. */
export function topicOf(page: string): Topic {
  const [, name = '', summary = ''] = /^# ([a-z-]+): (.+)$/m.exec(page) ?? [];
  return { name, summary };
}

export function isTopic(folder: string, word: string | undefined): boolean {
  return listTopics(folder).some(({ name }) => name === word);
}

/** The page of a topic. `others`: names that one may have meant besides. */
export function readPage(folder: string, topic: string, others: readonly string[] = []): string {
  const names = listTopics(folder).map(({ name }) => name);
  if (!names.includes(topic))
    throw messages.noSuchTopic(topic, similarNames(topic, [...new Set([...names, ...others])]));
  return readFileSync(join(folder, `${topic}${EXTENSION}`), 'utf8');
}

/** The topics as lines of a help text. */
export function topicLines(folder: string): string[] {
  const topics = listTopics(folder);
  const width = Math.max(...topics.map(({ name }) => name.length));
  return topics.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
}
