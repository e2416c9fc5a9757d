import { expect, test } from 'vitest';
import type { Part } from '../../../src/factory/archive/parts.ts';
import { type PastBuild, planLayers } from '../../../src/factory/image/layers.ts';

const MB = 1024 ** 2;
const part = (name: string, digest: string, bytes = 20 * MB): Part => ({
  name,
  digest,
  bytes,
  entries: [0, 512, 1024],
});
const ROOT = part('', 'root', 100);

/** Consecutive builds of a repository, with each one's layers as `folders@time` and their files. */
function history(...builds: [commit: string, time: number, parts: Part[]][]) {
  let history: PastBuild[] = [];
  return builds.map(([commit, time, parts]) => {
    const plan = planLayers(parts, commit, time, history);
    history = plan.history;
    return {
      shown: plan.layers.map(({ parts, mtime }) => `${parts.map(({ name }) => name).join('+')}@${mtime}`),
      files: plan.layers.map(({ file }) => file),
    };
  });
}
const shown = (...builds: Parameters<typeof history>) => history(...builds).at(-1)?.shown;

const A1: [string, number, Part[]] = ['a1', 1, [part('lib', 'l1'), part('src', 's1'), ROOT]];
const A2: [string, number, Part[]] = ['a2', 2, [part('lib', 'l1'), part('src', 's2'), ROOT]];
const A3: [string, number, Part[]] = ['a3', 3, [part('lib', 'l1'), part('src', 's1'), ROOT]];
const A4: [string, number, Part[]] = ['a4', 4, [part('lib', 'l4'), part('src', 's1'), ROOT]];

test('large directories have their own layers, and the rest is in the last one', () => {
  const small = part('doc', 'd', MB);
  expect(shown(['a1', 1, [part('src', 's'), small, part('lib', 'l'), ROOT]])).toEqual(['lib@1', 'src@1', 'doc+@1']);
});

test('an unchanged directory keeps its time and its bytes, and comes before changed ones', () => {
  const [first, second] = history(A1, ['a2', 2, [part('lib', 'l2'), part('src', 's1'), ROOT]]);
  expect(second?.shown).toEqual(['src@1', 'lib@2', '@2']);
  expect(second?.files[0]).toBe(first?.files[1]);
  expect(second?.files[1]).not.toBe(first?.files[0]);
});

test('a directory that returns to an earlier state gets a new time, so that build tools see it as changed', () => {
  expect(shown(A1, A2, A3)).toEqual(['lib@1', 'src@3', '@3']);
});

test.each<[string, string | undefined, Part[]]>([
  ['without a large directory', 'a2', [part('lib', 'l2', MB), ROOT]],
  ['of a tarball without a commit', undefined, [part('lib', 'l2'), ROOT]],
  ['of an archive that cannot be split', 'a2', []],
])('it also gets a new time if the build in between was one %s', (_, commit, parts) => {
  const { history } = planLayers([part('lib', 'l1'), ROOT], 'a1', 1, []);
  const between = planLayers(parts, commit, 2, history);
  expect(between.layers).toEqual([]);
  const { layers } = planLayers([part('lib', 'l1'), ROOT], 'a3', 3, between.history);
  expect(layers.map(({ mtime }) => mtime)).toEqual([3, 3]);
});

test('a commit that was built before is split as it was then, also after others', () => {
  const builds = history(A1, A2, A3, A4, A2, A1);
  expect(builds[4]).toEqual(builds[1]);
  expect(builds[5]).toEqual(builds[0]);
});

test('a push after a replay is compared with what was replayed', () => {
  expect(shown(A1, A2, A1, ['a5', 5, [part('lib', 'l1'), part('src', 's2'), ROOT]])).toEqual(['lib@1', 'src@5', '@5']);
});

test.each<[string, Part[], string | undefined]>([
  ['small directories', [part('src', 's', 8 * MB - 1), ROOT], 'a1'],
  ['no parts', [], 'a1'],
  ['no commit', [part('src', 's'), ROOT], undefined],
  ['only a large root', [part('', 'root')], 'a1'],
])('an app with %s has no separate layers, and no history', (_, parts, commit) => {
  expect(planLayers(parts, commit, 1, [])).toEqual({ layers: [], history: [] });
});

test('of very many large directories only the largest have layers, and the history keeps as many builds', () => {
  const many = Array.from({ length: 40 }, (_, i) => part(`f${i}`, `d${i}`, (10 + i) * MB));
  const layers = shown(['a1', 1, [...many, ROOT]]) ?? [];
  expect(layers).toHaveLength(17);
  expect(layers).toContain('f39@1');
  expect(layers.at(-1)).toContain('f0+');
  let history: PastBuild[] = [];
  for (let i = 0; i < 60; i++) history = planLayers([part('a', String(i)), ROOT], `c${i}`, i, history).history;
  expect(history).toHaveLength(50);
  expect(history[0]?.commit).toBe('c59');
});

test('a directory named like a property of objects is a directory', () => {
  const odd = ['__proto__', 'constructor'].map((name) => part(name, name));
  expect(shown(['a1', 1, [...odd, ROOT]], ['a2', 2, [...odd, ROOT]])).toHaveLength(3);
});
