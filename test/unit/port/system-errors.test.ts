import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { forAdmin, formatHint, Trouble } from '../../../src/errors.ts';
import { openLog } from '../../../src/port/log.ts';
import { asTrouble } from '../../../src/port/system-errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'doskara-system-'));
mkdirSync(join(folder, 'lock'));
writeFileSync(join(folder, 'file'), '');
afterAll(() => rmSync(folder, { recursive: true }));

const thrownBy = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it works'),
    (error: unknown) => error,
  );
const errno = (code: string, path?: string, syscall = 'open') =>
  Object.assign(new Error(`${code}: …, ${syscall}`), { code, syscall, ...(path === undefined ? {} : { path }) });

test.each<[string, unknown, string, string]>([
  [
    'a full disk',
    errno('ENOSPC', '/srv/git/a/1.json'),
    "port's disk is full: cannot write /srv/git/a/1.json",
    'df -h /srv/git/a',
  ],
  ['a quota', errno('EDQUOT', '/srv/git/a/1.json'), "port's disk is full: cannot write", 'df -h /srv/git/a'],
  [
    'a full disk without a file name',
    errno('ENOSPC', undefined, 'write'),
    "port's disk is full: cannot write /srv/git/b/lock",
    'df -h /srv/git/b',
  ],
  [
    'a full disk reported by git',
    new Error('fatal: cannot mkdir x: No space left on device'),
    "port's disk is full: cannot write /srv/git/b/lock",
    'df -h /srv/git/b',
  ],
  [
    'a read-only disk',
    errno('EROFS', '/srv/git/a'),
    'port cannot write /srv/git/a: EROFS',
    'findmnt --target /srv/git',
  ],
  ["another user's directory", errno('EACCES', '/srv/git', 'scandir'), ' may not use /srv/git', 'ls -ld /srv/git'],
])('%s is a Trouble to fix on port', (_, error, message, hint) => {
  const trouble = asTrouble(error, '/srv/git/b/lock');
  expect(trouble).toBeInstanceOf(Trouble);
  expect(trouble).toMatchObject({ exitCode: 4, message: expect.stringContaining(message), cause: error });
  expect(formatHint((trouble as Trouble).hint ?? '')).toContain(hint);
});

test('a directory in place of a file, and vice versa, is named', async () => {
  const lock = join(folder, 'lock');
  expect(asTrouble(await thrownBy(writeFile(lock, '')))).toMatchObject({
    message: `${lock} is a folder, not a file`,
    hint: forAdmin(`check it, then remove it: ls -ld ${lock}`),
  });
  const below = join(folder, 'file/1.json');
  expect(asTrouble(await thrownBy(readFile(below)))).toMatchObject({
    message: `a part of ${below} is not a folder`,
    hint: forAdmin(`check it, then remove it: ls -ld ${join(folder, 'file')}`),
  });
});

test.each([
  ['a trouble', new Trouble('x', 2, 'y')],
  ['a missing file', errno('ENOENT', '/x')],
  ['a program that is not executable', errno('EACCES', 'git', 'spawn git')],
  ['a bug', new TypeError('undefined is not a function')],
  ['something that is not an error', 'nothing'],
])('%s is returned unchanged', (_, error) => {
  expect(asTrouble(error, '/srv/git')).toBe(error);
});

test('a log without disk space says so once, and throws nothing', () => {
  const said: unknown[] = [];
  using log = openLog('/dev/full', 1e6, (reason) => said.push(reason));
  log.add({ text: 'one', end: '\n' });
  log.add({ text: 'two', end: '\n' });
  expect(said).toEqual([expect.objectContaining({ code: 'disk-full', exitCode: 4 })]);
});

test('a log that cannot be created says so once, and throws nothing', () => {
  const said: unknown[] = [];
  using log = openLog(join(folder, 'lock'), 1e6, (reason) => said.push(reason));
  log.add({ text: 'one', end: '\n' });
  expect(said).toEqual([expect.objectContaining({ code: 'not-a-file' })]);
});
