import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { receiveArchive } from '../../src/factory/archive/receive.ts';
import { unpackArchive } from '../../src/factory/archive/unpack.ts';
import { LIMITS, streamOf, troubleFrom } from '../rig/receive.ts';
import { app, file, folder, hardlink, octal, pax, symlink, utf8 } from '../rig/tar-writer.ts';

const mode = (bits: number) => ({ mode: octal(bits, 7) });
let place = '';

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'doskara-unpack-'));
});
afterEach(() => rmSync(place, { recursive: true }));

async function unpack(name: string, ...entries: Buffer[]): Promise<string> {
  const archive = join(place, 'app.tar');
  await receiveArchive(streamOf(app(...entries)), archive, LIMITS);
  const target = join(place, name);
  mkdirSync(target);
  await unpackArchive(archive, target, new AbortController().signal);
  return target;
}

test('files, folders and links are unpacked, with the modes of a checkout', async () => {
  const long = `${'ж'.repeat(100)}/x`;
  const target = await unpack(
    'all',
    ...[folder('a/', mode(0o775)), file('a/file', 'text', mode(0o664)), file('a/run', 'x', mode(0o775))],
    ...[file('locked', '', mode(0o000)), folder('shut/', mode(0o000)), file('shut/in', 'side'), file('implied/x', 'y')],
    ...[symlink('out', '/etc/passwd'), symlink('gone', '../../x'), hardlink('same', 'a/file')],
    ...[file('empty'), pax({ path: utf8(long) }), file('x', 'long'), file('\xff', 'no text')],
  );
  const stat = (name: string) => lstatSync(join(target, name));
  const modes = Object.fromEntries(
    ['a', 'a/file', 'a/run', 'locked', 'shut', 'implied'].map((name) => [name, (stat(name).mode & 0o7777).toString(8)]),
  );
  expect(modes).toEqual({ a: '755', 'a/file': '644', 'a/run': '755', locked: '600', shut: '700', implied: '755' });
  expect(readFileSync(join(target, 'shut/in'), 'utf8')).toBe('side');
  expect(readlinkSync(join(target, 'out'))).toBe('/etc/passwd');
  expect(readlinkSync(join(target, 'gone'))).toBe('../../x');
  expect(stat('same').ino).toBe(stat('a/file').ino);
  expect(readFileSync(join(target, long), 'utf8')).toBe('long');
  expect(readFileSync(Buffer.concat([Buffer.from(`${target}/`), Buffer.from([0xff])]), 'utf8')).toBe('no text');
  for (const name of ['a', 'a/file', 'out', 'shut']) expect(Math.floor(stat(name).mtimeMs / 1000)).toBe(1_700_000_000);
});

test('no file has the time that it had in another build', async () => {
  const times = new Set<number>();
  for (const name of ['1', '2', '3']) times.add(lstatSync(join(await unpack(name, file('a', name)), 'a')).mtimeMs);
  expect(times.size).toBe(3);
});

test('nothing is written over a file that is there, nor through a link', async () => {
  const archive = join(place, 'app.tar');
  await receiveArchive(streamOf(app(file('a', 'new'))), archive, LIMITS);
  const target = join(place, 'used');
  mkdirSync(target);
  writeFileSync(join(target, 'a'), 'old');
  const trouble = await troubleFrom(unpackArchive(archive, target, new AbortController().signal));
  expect(trouble.code).toBe('spool-unusable');
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('old');
});

test('it ends at the signal', async () => {
  const archive = join(place, 'app.tar');
  await receiveArchive(streamOf(app()), archive, LIMITS);
  mkdirSync(join(place, 'x'));
  const reason = new Error('the end');
  await expect(unpackArchive(archive, join(place, 'x'), AbortSignal.abort(reason))).rejects.toBe(reason);
});
