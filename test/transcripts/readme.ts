const PAIR = /^<!-- transcript: ([a-z-]+) -->\n(?:(?!<!--).*\n)*?<!-- \/transcript -->$/gm;

/** The names of the transcripts that have both their markers, in order. */
export function transcriptsIn(readme: string): string[] {
  return [...readme.matchAll(PAIR)].map(([, name = '']) => name);
}

/** The text with another transcript between the markers of that name. */
export function withTranscript(readme: string, name: string, transcript: string): string {
  if (!transcriptsIn(readme).includes(name)) throw new Error(`README.md has no markers for the transcript ${name}`);
  const block = `<!-- transcript: ${name} -->\n\`\`\`\n${transcript}\n\`\`\`\n<!-- /transcript -->`;
  return readme.replace(PAIR, (old, found: string) => (found === name ? block : old));
}
