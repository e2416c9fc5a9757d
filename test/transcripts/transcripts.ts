/**
 * `npm run transcripts`: plays every scene with a real git, sshd, Docker Engine and registry, and writes the output
 * into README.md and the manual, between `<!-- transcript: NAME -->` and `<!-- /transcript -->`. All of it comes from the
 * run: commit ids, digests, times, versions. Only names that differ between machines, or belong to the tests, are replaced:
 * REPLACEMENTS in stage.ts is the whole list. Trailing spaces are removed, and there is no progress output from git, as in
 * any pipe. Nothing else is edited: to change a line, change Doskara. Images are small, since the base image
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
