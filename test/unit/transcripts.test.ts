import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAGES, transcriptsIn, withTranscript } from '../transcripts/markers.ts';
import { SCENES } from '../transcripts/scenes.ts';

const texts = PAGES.map((page) => readFileSync(page, 'utf8'));

test('each scene has exactly one place in README.md or the manual, and each place there has a scene', () => {
  expect(texts.flatMap(transcriptsIn).sort()).toEqual(Object.keys(SCENES).sort());
});

test.each(PAGES)('every marker in %s has its counterpart', (page) => {
  const text = readFileSync(page, 'utf8');
  const markers = text.match(/<!-- *\/?transcript.*/g) ?? [];
  const pairs = transcriptsIn(text).flatMap((name) => [`<!-- transcript: ${name} -->`, '<!-- /transcript -->']);
  expect(markers).toEqual(pairs);
});

test.each(Object.entries(SCENES))('the transcript %s shows what its scene is about', (name, { shows }) => {
  const [, after = ''] = texts.join('').split(`<!-- transcript: ${name} -->`);
  expect(after.split('<!-- /transcript -->')[0]).toContain(shows);
});

describe('withTranscript', () => {
  const text = (one: string, two: string) =>
    `a\n<!-- transcript: one -->\n${one}\n<!-- /transcript -->\nb\n\n<!-- transcript: two -->\n${two}\n<!-- /transcript -->\n`;

  test('changes what is between the markers of that name, and nothing else', () => {
    const fence = "```\n$ true\n$& $1 $'\n```";
    expect(withTranscript(text('old\nlines', 'old'), 'two', "$ true\n$& $1 $'")).toBe(text('old\nlines', fence));
    expect(withTranscript(text('old\nlines', 'old'), 'one', "$ true\n$& $1 $'")).toBe(text(fence, 'old'));
  });

  test('leaves a page unchanged if its markers of that name are missing or incomplete', () => {
    expect(withTranscript(text('', ''), 'three', 'x')).toBe(text('', ''));
    const half = text('', '').replace('<!-- /transcript -->', '');
    expect(withTranscript(half, 'one', 'x')).toBe(half);
  });
});
