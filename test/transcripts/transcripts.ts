/**
 * `npm run transcripts`: plays every scene on a real git, sshd, Docker Engine and registry, and writes what was shown
 * into README.md and the manual, between `<!-- transcript: NAME -->` and `<!-- /transcript -->`. All of it comes from the
 * run: commit ids, digests, times, versions. Only what differs from machine to machine, or is the tests' own, goes by another name:
 * REPLACEMENTS in stage.ts is the whole list. Blanks at the ends of lines are cut, and git's progress stays away, as in
 * any pipe. Nothing else is touched: whoever dislikes a line changes the product. Images are small, since the base image
 * of the tests is busybox.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { PAGES, transcriptsIn, withTranscript } from './markers.ts';
import { SCENES } from './scenes.ts';
import { Stage } from './stage.ts';

const texts = new Map(PAGES.map((page) => [page, readFileSync(page, 'utf8')]));
const stage = await Stage.open();
try {
  for (const [name, { shows, play }] of Object.entries(SCENES)) {
    process.stderr.write(`${name}\n`);
    const transcript = await play(stage);
    if (!transcript.includes(shows)) throw new Error(`the scene "${name}" does not show "${shows}":\n${transcript}`);
    const [page, text] = [...texts].find(([, each]) => transcriptsIn(each).includes(name)) ?? [];
    if (page === undefined || text === undefined) throw new Error(`no page has markers for the transcript ${name}`);
    texts.set(page, withTranscript(text, name, transcript));
  }
  for (const [page, text] of texts) writeFileSync(page, text);
} finally {
  await stage.close();
}
