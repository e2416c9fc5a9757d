import { describe, expect, test } from 'vitest';
import type { RefUpdate } from '../../../src/push/hook-input.ts';
import { planPush } from '../../../src/push/plan.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const MAIN = 'refs/heads/main';
const HINT = 'to build what you have checked out: git push doskara HEAD:main';
const UNBUILT = 'not built (app builds main)';

const update = (ref: string, change: Partial<RefUpdate> = {}): RefUpdate => ({ old: A, new: B, ref, ...change });
const isNew = { old: undefined };
const isGone = { new: undefined };

describe('a push that is built', () => {
  test.each<[string, RefUpdate[], string[]]>([
    ['updates the build branch', [update(MAIN)], []],
    ['creates the build branch', [update(MAIN, isNew)], []],
    [
      'has other refs before and after it',
      [update('refs/tags/v1', isNew), update(MAIN), update('refs/heads/topic')],
      [`tag v1 was stored but ${UNBUILT}`, `branch topic was updated but ${UNBUILT}`],
    ],
    [
      'deletes another branch',
      [update('refs/heads/topic', isGone), update(MAIN)],
      ['branch topic was deleted; there is nothing to build'],
    ],
  ])('%s', (_, updates, sentences) => {
    expect(planPush(updates, 'app', ['main'])).toEqual({
      ...{ builds: [{ commit: B, ref: MAIN }], deleted: [] },
      sentences,
      hint: undefined,
    });
  });

  test('builds the last commit if the client sends the branch twice', () => {
    const updates = [update(MAIN, { new: 'c'.repeat(40) }), update(MAIN, { old: 'c'.repeat(40) })];
    expect(planPush(updates, 'app', ['main']).builds).toEqual([{ commit: B, ref: MAIN }]);
  });

  test('builds the configured branch and no other', () => {
    const updates = [update(MAIN), update('refs/heads/release/1.x', { new: A })];
    expect(planPush(updates, 'app', ['release/1.x'])).toMatchObject({
      builds: [{ commit: A, ref: 'refs/heads/release/1.x' }],
      sentences: ['branch main was updated but not built (app builds release/1.x)'],
    });
  });
});

describe('a push to an app that builds several branches', () => {
  const BRANCHES = ['main', 'release/*'];

  test('builds each of them, the main one first, and reports the others', () => {
    const updates = [update('refs/heads/release/1', { new: A }), update('refs/heads/topic'), update(MAIN)];
    expect(planPush(updates, 'app', BRANCHES)).toEqual({
      builds: [
        { commit: B, ref: MAIN },
        { commit: A, ref: 'refs/heads/release/1' },
      ],
      deleted: [],
      sentences: ['branch topic was updated but not built (app builds main, release/*)'],
      hint: undefined,
    });
  });

  test('names those that are deleted', () => {
    expect(planPush([update('refs/heads/release/1', isGone)], 'app', BRANCHES)).toMatchObject({
      ...{ builds: [], deleted: ['release/1'] },
      sentences: ['branch release/1 was deleted; the images that were built of it stay in the warehouse'],
    });
  });
});

describe('a push that builds nothing', () => {
  test.each<[string, RefUpdate[], string[]]>([
    ['updates another branch', [update('refs/heads/topic')], [`branch topic was updated but ${UNBUILT}`]],
    ['creates a tag', [update('refs/tags/v1', isNew)], [`tag v1 was stored but ${UNBUILT}`]],
    ['creates a tag of the same name', [update('refs/tags/main', isNew)], [`tag main was stored but ${UNBUILT}`]],
    [
      'creates a ref of another kind',
      [update('refs/notes/main', isNew)],
      [`refs/notes/main was stored but ${UNBUILT}`],
    ],
    [
      'updates a branch whose name only ends like it',
      [update('refs/heads/x/main')],
      [`branch x/main was updated but ${UNBUILT}`],
    ],
    [
      'updates a branch whose name would move the cursor',
      [update('refs/heads/a\u009b2Jb')],
      [`branch a\\u009b2Jb was updated but ${UNBUILT}`],
    ],
  ])('%s', (_, updates, sentences) => {
    expect(planPush(updates, 'app', ['main'])).toEqual({ builds: [], deleted: [], sentences, hint: HINT });
  });

  test.each<[string, RefUpdate[], string[]]>([
    ['deletes the build branch', [update(MAIN, isGone)], ['branch main was deleted; the image of app is unchanged']],
    ['deletes a tag', [update('refs/tags/v1', isGone)], ['tag v1 was deleted; there is nothing to build']],
    ['is empty', [], []],
  ])('and stores nothing gets no hint: it %s', (_, updates, sentences) => {
    expect(planPush(updates, 'app', ['main'])).toEqual({ builds: [], deleted: [], sentences, hint: undefined });
  });
});

describe('a push of many refs', () => {
  test.each([
    [10, undefined],
    [11, '1 more ref was stored but not built'],
    [5000, '4990 more refs were stored but not built'],
  ])('names ten; of %d, the rest are counted', (count, rest) => {
    const tags = Array.from({ length: count }, (_, i) => update(`refs/tags/v${i}`, isNew));
    const { builds, sentences } = planPush([...tags, update(MAIN)], 'app', ['main']);
    expect(builds).toEqual([{ commit: B, ref: MAIN }]);
    expect(sentences).toHaveLength(rest === undefined ? 10 : 11);
    expect(sentences[10]).toBe(rest);
  });
});
