import { readdirSync } from 'node:fs';

/** All pages with transcripts. */
export const PAGES = ['README.md', ...readdirSync('src/manual').map((page) => `src/manual/${page}`)];

const PAIR = /^<!-- transcript: ([a-z-]+) -->\n(?:(?!<!--).*\n)*?<!-- \/transcript -->$/gm;

/** The names of a page's transcripts with both markers, in order. */
export function transcriptsIn(page: string): string[] {
  return [...page.matchAll(PAIR)].map(([, name = '']) => name);
}

/** A page with a new transcript between the markers of that name, if it has them. */
export function withTranscript(page: string, name: string, transcript: string): string {
  const block = `<!-- transcript: ${name} -->\n\`\`\`\n${transcript}\n\`\`\`\n<!-- /transcript -->`;
  return page.replace(PAIR, (old, found: string) => (found === name ? block : old));
}
