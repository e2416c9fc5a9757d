import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Script } from '../../../src/app-layout.ts';
import type { FoundScript } from '../../../src/builds/preflight/commit-scripts.ts';
import { readGoodScripts } from '../../../src/builds/preflight/good-scripts.ts';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'doskara-state-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const script = (name: Script, object: string, mode = '100644'): FoundScript => ({
  name,
  entry: { path: name, object, mode },
});
const file = () => join(state, 'good-scripts');

test('a script is good only with the same name, mode and content', async () => {
  await (await readGoodScripts(state)).add([script('build.sh', 'aa'), script('run.sh', 'bb')]);
  const good = await readGoodScripts(state);
  expect(good.has(script('build.sh', 'aa'))).toBe(true);
  expect(good.has(script('run.sh', 'bb'))).toBe(true);
  expect(good.has(script('run.sh', 'aa'))).toBe(false);
  expect(good.has(script('run.sh', 'cc'))).toBe(false);
  expect(good.has(script('run.sh', 'bb', '100755'))).toBe(false);
});

test('deps.sh is never good: what it needs must be in each commit', async () => {
  await (await readGoodScripts(state)).add([script('deps.sh', 'aa')]);
  expect((await readGoodScripts(state)).has(script('deps.sh', 'aa'))).toBe(false);
});

test('what another version has found good is checked again', async () => {
  await (await readGoodScripts(state)).add([script('run.sh', 'aa')]);
  writeFileSync(file(), readFileSync(file(), 'utf8').replace(/^\S+/, '0.0.1'));
  expect((await readGoodScripts(state)).has(script('run.sh', 'aa'))).toBe(false);
});

test('the last twenty are kept', async () => {
  for (let i = 0; i < 25; i++) await (await readGoodScripts(state)).add([script('run.sh', `${i}`)]);
  const good = await readGoodScripts(state);
  const kept = Array.from({ length: 25 }, (_, i) => good.has(script('run.sh', `${i}`)));
  expect(kept).toEqual([...Array(5).fill(false), ...Array(20).fill(true)]);
});

test('a state folder that cannot be written is no error', async () => {
  await (await readGoodScripts(join(state, 'missing'))).add([script('run.sh', 'aa')]);
  expect((await readGoodScripts(join(state, 'missing'))).has(script('run.sh', 'aa'))).toBe(false);
});
