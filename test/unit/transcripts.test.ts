import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { transcriptsIn, withTranscript } from '../transcripts/readme.ts';
import { SCENES } from '../transcripts/scenes.ts';

const README = readFileSync('README.md', 'utf8');

test('every scene has its place in README.md, once, and every place there its scene', () => {
  expect(transcriptsIn(README).sort()).toEqual(Object.keys(SCENES).sort());
});

test('no marker in README.md is without the other one', () => {
  const markers = README.match(/<!-- *\/?transcript.*/g) ?? [];
  const pairs = transcriptsIn(README).flatMap((name) => [`<!-- transcript: ${name} -->`, '<!-- /transcript -->']);
  expect(markers).toEqual(pairs);
});

test('every transcript in README.md shows what its scene is about', () => {
  for (const [name, { shows }] of Object.entries(SCENES)) {
    const [, after = ''] = README.split(`<!-- transcript: ${name} -->`);
    expect(after.split('<!-- /transcript -->')[0]).toContain(shows);
  }
});

describe('withTranscript', () => {
  const text = (one: string, two: string) =>
    `a\n<!-- transcript: one -->\n${one}\n<!-- /transcript -->\nb\n\n<!-- transcript: two -->\n${two}\n<!-- /transcript -->\n`;

  test('changes what is between the markers of that name, and nothing else', () => {
    const fence = "```\n$ true\n$& $1 $'\n```";
    expect(withTranscript(text('old\nlines', 'old'), 'two', "$ true\n$& $1 $'")).toBe(text('old\nlines', fence));
    expect(withTranscript(text('old\nlines', 'old'), 'one', "$ true\n$& $1 $'")).toBe(text(fence, 'old'));
  });

  test('refuses a name without markers, or with half of them', () => {
    expect(() => withTranscript(text('', ''), 'three', '')).toThrow('no markers for the transcript three');
    const half = text('', '').replace('<!-- /transcript -->', '');
    expect(() => withTranscript(half, 'one', '')).toThrow('no markers for the transcript one');
  });
});
