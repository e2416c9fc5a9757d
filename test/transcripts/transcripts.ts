/**
 * `npm run transcripts`: plays every scene on a real git, sshd, Docker Engine and registry, and writes what was shown
 * into README.md, between `<!-- transcript: NAME -->` and `<!-- /transcript -->`. All of it comes from the run: commit
 * ids, digests, times, versions. Only what differs from machine to machine, or is the tests' own, goes by another name:
 * REPLACEMENTS in stage.ts is the whole list. Blanks at the ends of lines are cut, and git's progress stays away, as in
 * any pipe. Nothing else is touched: whoever dislikes a line changes the product. Images are small, since the base image
 * of the tests is busybox.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { withTranscript } from './readme.ts';
import { SCENES } from './scenes.ts';
import { Stage } from './stage.ts';

const README = resolve('README.md');

const stage = await Stage.open();
try {
  let text = readFileSync(README, 'utf8');
  for (const [name, { shows, play }] of Object.entries(SCENES)) {
    process.stderr.write(`${name}\n`);
    const transcript = await play(stage);
    if (!transcript.includes(shows)) throw new Error(`the scene "${name}" does not show "${shows}":\n${transcript}`);
    text = withTranscript(text, name, transcript);
  }
  writeFileSync(README, text);
} finally {
  await stage.close();
}
