import { expect, test } from 'vitest';
import { chooseObsolete } from '../../../../src/factory/warehouse/choose-obsolete.ts';
import type { Push } from '../../../../src/factory/warehouse/pushes.ts';

const DAY_MS = 24 * 3600 * 1000;
const NOW = 1000 * DAY_MS;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const commit = (letter: string) => letter.repeat(40);

/** `cba`: a was pushed first; a day apart, and the newest two days ago. */
function pushed(letters: string): Push[] {
  return [...letters].map((letter, days) => ({
    time: NOW - (days + 2) * DAY_MS,
    commit: commit(letter),
    digest: digest(letter),
  }));
}

interface Case {
  pushes: Push[];
  keep: number;
  /** Besides those of the commits. */
  tags?: Record<string, string>;
  lists?: Record<string, string>;
  subjects?: string;
}

function choose({ pushes, keep, tags = {}, lists = {}, subjects = '' }: Case) {
  const ofCommits = pushes.map(({ commit: tag, digest: of }) => [tag, of] as const);
  const all = new Map([
    ...ofCommits.toReversed(),
    ...Object.entries(tags).map(([tag, of]) => [tag, digest(of)] as const),
  ]);
  const manifests = new Map<string, string[]>(
    [...all.values(), ...pushes.map((push) => push.digest)].map((it) => [it, []]),
  );
  for (const [index, of] of Object.entries(lists)) manifests.set(digest(index), [...of].map(digest));
  const stored = { tags: all, manifests, subjects: new Set([...subjects].map(digest)) };
  const { digests, unknown } = chooseObsolete(pushes, stored, keep, NOW);
  return {
    goes: digests
      .map((it) => it[7])
      .toSorted()
      .join(''),
    unknown,
  };
}

const young = (letters: string) => pushed(letters).map((push, i) => ({ ...push, time: NOW - DAY_MS / 2 - i }));

test.each<[string, Case, string]>([
  ['the newest images stay', { pushes: pushed('edcba'), keep: 2 }, 'abc'],
  ['fewer than those to keep all stay', { pushes: pushed('ba'), keep: 2 }, ''],
  ['what is younger than a day stays, however many', { pushes: [...young('fe'), ...pushed('dcba')], keep: 1 }, 'abcd'],
  [
    'what a wrong clock dated in the future stays',
    { pushes: pushed('ba').map((it) => ({ ...it, time: 2 * NOW })), keep: 1 },
    '',
  ],
  ['what is latest stays', { pushes: pushed('cba'), keep: 1, tags: { latest: 'a' } }, 'b'],
  ["what has people's own tag stays", { pushes: pushed('cba'), keep: 1, tags: { latest: 'c', production: 'b' } }, 'a'],
  ['a cache stays', { pushes: pushed('cba'), keep: 1, tags: { buildcache: 'd' } }, 'ab'],
  [
    'an image that another commit has, too, counts once',
    { pushes: [...pushed('cb'), { ...pushed('b')[0], commit: commit('9') } as Push, ...pushed('a')], keep: 2 },
    'a',
  ],
  [
    'an image stays with the tag of an unknown commit',
    { pushes: pushed('cba'), keep: 1, tags: { [commit('9')]: 'a' } },
    'b',
  ],
  ['an old image that was tagged anew is new', { pushes: [...young('a'), ...pushed('cba')], keep: 1 }, 'bc'],
  ['the images of an index go with it', { pushes: pushed('cba'), keep: 1, lists: { a: '12' } }, '12ab'],
  [
    'an image stays in another index that stays',
    { pushes: pushed('cba'), keep: 1, lists: { a: '12', c: '23' } },
    '1ab',
  ],
  ['an index stays in an index that stays', { pushes: pushed('cba'), keep: 1, lists: { c: 'a', a: '1' } }, 'b'],
  [
    'what is signed stays, and what it lists',
    { pushes: pushed('cba'), keep: 1, tags: { [`sha256-${'a'.repeat(64)}.sig`]: '7' }, lists: { a: '1' } },
    'b',
  ],
  ['what a referrer refers to stays', { pushes: pushed('cba'), keep: 1, subjects: 'b' }, 'a'],
  [
    'an image of an index that is referred to stays',
    { pushes: pushed('cba'), keep: 1, lists: { a: '12' }, subjects: '1' },
    '2ab',
  ],
])('%s', (_, given, goes) => {
  expect(choose(given).goes).toBe(goes);
});

test('an image that lost its tag to a newer build of its commit goes, too', () => {
  const [newer, older] = pushed('ba').map((push) => ({ ...push, commit: commit('9') })) as [Push, Push];
  expect(choose({ pushes: [...pushed('c'), newer, older], keep: 1, tags: { [commit('9')]: 'b' } }).goes).toBe('ab');
});

test('tags of commits that this factory did not push, or not as they are now, stay and are counted', () => {
  const given = {
    pushes: pushed('cba'),
    keep: 1,
    tags: { [commit('8')]: '8', [commit('a')]: '9', latest: 'c', v1: '7' },
  };
  expect(choose(given)).toEqual({ goes: 'ab', unknown: 2 });
});

test('only what the warehouse has goes', () => {
  const stored = { tags: new Map(), manifests: new Map(), subjects: new Set<string>() };
  expect(chooseObsolete(pushed('cba'), stored, 1, NOW)).toEqual({ digests: [], tags: [], unknown: 0 });
});
