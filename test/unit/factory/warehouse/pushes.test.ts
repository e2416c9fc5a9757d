import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { planImage } from '../../../../src/factory/image/tags-and-labels.ts';
import { listPushedApps, readPushes, rememberPush } from '../../../../src/factory/warehouse/pushes.ts';

const spool = mkdtempSync(join(tmpdir(), 'doskara-pushes-'));
const file = join(spool, 'pushes/app.json');
afterAll(() => rmSync(spool, { recursive: true }));

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (letter?: string) => planImage('r', 'app', letter?.repeat(40), 0);

test('pushes are remembered, newest first, each image of a commit once', async () => {
  await rememberPush(spool, 'app', image('a'), digest('1'));
  await rememberPush(spool, 'app', image('b'), digest('2'));
  await rememberPush(spool, 'app', image(), digest('3'));
  await rememberPush(spool, 'app', image('a'), digest('1'));
  const known = (await readPushes(spool, 'app')).map(({ commit, digest: of }) => `${commit[0] ?? '-'}${of[7]}`);
  expect(known).toEqual(['a1', '-3', 'b2']);
  expect(await listPushedApps(spool)).toEqual(['app']);
});

test.each(['', 'null', '{}', '[null, 5, {"time": 1}]', '[{"time": "1", "commit": "", "digest": ""}]', '\u0000'])(
  'a memory damaged to %j counts as none, and the next push repairs it',
  async (garbage) => {
    writeFileSync(file, garbage);
    expect(await readPushes(spool, 'app')).toEqual([]);
    await rememberPush(spool, 'app', image('c'), digest('4'));
    expect(await readPushes(spool, 'app')).toMatchObject([{ digest: digest('4') }]);
  },
);

test('the memory of an app is bounded', async () => {
  const push = { time: 1, commit: '', digest: digest('5') };
  writeFileSync(file, JSON.stringify(Array.from({ length: 3000 }, () => push)));
  await rememberPush(spool, 'app', image('c'), digest('4'));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(2000);
});

test('a folder that cannot be written fails no build', async () => {
  await rememberPush(join(file, 'spool'), 'app', image('c'), digest('4'));
});
